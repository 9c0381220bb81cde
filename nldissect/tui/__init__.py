"""The browser: a Textual app over a recording. Nothing else imports textual."""
