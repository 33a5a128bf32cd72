/* Stands in for python.exe under Wine: asked whether it is new enough it says yes, unless
   FAKE_BROKEN is set; asked to run venv.py it ends with FAKE_STATUS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], "-c"))
            return getenv("FAKE_BROKEN") ? 9 : 0;
    for (int i = 1; i < count; i++)
        fprintf(stderr, "[%s]", words[i]);
    return getenv("FAKE_STATUS") ? atoi(getenv("FAKE_STATUS")) : 0;
}
