/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target of ../fuzz over its corpus, without libFuzzer: what it has found stays found. A target aborts when
 * something is not as it must be. Include the target before this.
 */
#ifndef TESTS_ENGINE_CORPUS_SUPPORT_H
#define TESTS_ENGINE_CORPUS_SUPPORT_H

#include <dirent.h>

#include "harness.h"

static inline void corpus_file(const char *folder, const char *name)
{
    static uint8_t content[1u << 17];
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (CHECK(file != NULL)) {
        size_t size = fread(content, 1, sizeof content, file);

        fclose(file);
        CHECK(size < sizeof content);
        CHECK(LLVMFuzzerTestOneInput(content, size) == 0);
    }
}

static inline void corpus_run(const char *path, unsigned least)
{
    DIR *folder = opendir(path);
    unsigned files = 0;

    if (!CHECK(folder != NULL)) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            corpus_file(path, entry->d_name);
            files++;
        }
    }
    closedir(folder);
    CHECK(files >= least);
}

#endif
