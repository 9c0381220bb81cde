/* The floor: reads a little-endian pcap of link type 253 and walks all message and attribute headers. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static uint32_t word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint16_t half(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

int main(int count, char **words)
{
    struct stat about;
    int file = count == 2 ? open(words[1], O_RDONLY) : -1;
    if (file < 0 || fstat(file, &about))
        return 1;
    const uint8_t *data = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED)
        return 1;
    const uint8_t *end = data + about.st_size, *at = data + 24;
    unsigned long messages = 0, attributes = 0;
    while (end - at >= 16) {
        const uint8_t *message = at + 32, *stop = at + 16 + word(at + 8);
        if (stop > end)
            break;
        while (stop - message >= 16) {
            uint32_t length = word(message);
            if (length < 16 || length > stop - message)
                break;
            const uint8_t *attribute = message + 20, *last = message + length;
            while (last - attribute >= 4) {
                uint16_t size = half(attribute);
                if (size < 4 || size > last - attribute)
                    break;
                attributes++;
                attribute += (size + 3) & ~3;
            }
            messages++;
            message += (length + 3) & ~3u;
        }
        at = stop;
    }
    printf("%lu %lu\n", messages, attributes);
    return 0;
}
