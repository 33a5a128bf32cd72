/* Stands in for python.exe in Wine. Asked whether it is new enough, it says yes, unless FAKE_BROKEN
   is set. Asked to run anything else, it prints its arguments, and ends with FAKE_STATUS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], "-c"))
            return getenv("FAKE_BROKEN") ? 9 : 0;
    for (int i = 1; i < count; i++)
        fprintf(stderr, "[%s]", words[i]);
    fprintf(stderr, "\n");
    return getenv("FAKE_STATUS") ? atoi(getenv("FAKE_STATUS")) : 0;
}
