// What the three files of anima-confine share.
#ifndef ANIMA_CONFINE_H
#define ANIMA_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

// The exit code for what is this program's doing; its last line on standard error, after "anima-confine: ", says what.
enum { CONFINE_FAILED = 125, MOST_PATHS = 2048 };

// What `watch` bounds; zero means no bound.
struct limits {
    unsigned long long memory, processes, file, cpu, files;
};

// What `enter` takes away.
struct restrictions {
    bool landlock, network, unix_sockets, temporary;
    unsigned long long processes;
    const char *read[MOST_PATHS], *write[MOST_PATHS];
    size_t reads, writes;
};

// Says why and exits.
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

// Runs a command as a child until it has ended, a limit is passed, a signal comes or the parent is gone. Then nothing
// that came of it is left. Does not return.
void watch(char **command, struct limits limits, int parent, bool wrapped, bool temporary) __attribute__((noreturn));

// Gives up what the restrictions say, for this process and all that come of it. Fails rather than give up less.
void restrict_files(const struct restrictions *restrictions);
void restrict_calls(const struct restrictions *restrictions, int landlock);

// The version of Landlock that the kernel speaks; zero for none.
int landlock_version(void);

#endif
