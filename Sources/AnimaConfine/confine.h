// What the files of anima-confine share.
#ifndef ANIMA_CONFINE_H
#define ANIMA_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

// The exit code for what is this program's doing; its last line on standard error, after "anima-confine: ", says what.
enum { CONFINE_FAILED = 125, MOST_PATHS = 2048 };

// Where `enter --tell` writes the signal that ended the command, for `watch --wrapped` to read: an exit code that
// bubblewrap makes of it may also be the command's own.
enum { TELL_FILE = 3 };

// What `watch` bounds; zero means no bound.
struct limits {
    unsigned long long memory, processes, file, cpu, files;
};

// What `enter` takes away.
struct restrictions {
    bool landlock, network, unix_sockets, temporary, own_network;
    // Whether to stay as the command's parent, and tell of the signal that ends it.
    bool tells;
    // Where Anima waits for the port that is its proxy inside; NULL for none.
    const char *proxy;
    unsigned short proxy_port;
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

// Leaves the network for a new one with nothing but loopback. Returns NULL, or what could not be done, with errno saying
// why; the process is of no use then.
const char *own_network(bool *has_own_users);

// Whether `own_network` works, tried in a child; else what could not be done.
bool probe_network(char *problem, size_t size);

// Listens on a port of the loopback device, and gives that socket to who waits at the path.
void hand_over_listener(const char *path, unsigned short port);

// The version of Landlock that the kernel speaks; zero for none.
int landlock_version(void);

#endif
