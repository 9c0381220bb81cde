"""The built-in families: specifications as data, decoders for what YNL cannot say."""
