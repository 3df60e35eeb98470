// anima-confine: what a program that a tool starts is held by.
//
//   anima-confine probe
//   anima-confine watch [--parent PID] [--memory BYTES] [--processes N] [--file BYTES] [--cpu SECONDS] [--files N]
//                       [--wrapped] [--temporary] -- COMMAND...
//   anima-confine enter [--landlock] [--read PATH]... [--write PATH]... [--temporary] [--network] [--unix]
//                       [--own-network] [--proxy PATH --proxy-port N] [--processes N] [--tell] -- COMMAND...
//
// `watch` stays outside and counts; `enter` gives rights up for good and becomes the command. Between them may stand
// bubblewrap (`--wrapped`). It is C because it must start in a millisecond and between fork and exec.
#include "confine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "anima-confine: %s\n", text);
    exit(CONFINE_FAILED);
}

#ifdef __linux__
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long number(const char *text) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || errno || end == text || *end) fail("\"%s\" is not a number", text ? text : "");
    return value;
}

// Root without capabilities is an ordinary user who owns much; nothing that is executed later brings them back.
static void drop_capabilities(void) {
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    if (syscall(SYS_capset, &header, none)) fail("can't give up capabilities: %s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("can't set no_new_privs: %s", strerror(errno));
}

// The processes and threads that this user has already, which the system counts with those that come.
static unsigned long long tasks_of_user(void) {
    unsigned long long tasks = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *process; processes && (process = readdir(processes));) {
        struct stat status;
        if (process->d_name[0] < '0' || process->d_name[0] > '9') continue;
        if (fstatat(dirfd(processes), process->d_name, &status, 0) || status.st_uid != getuid()) continue;
        char path[64], line[512];
        snprintf(path, sizeof path, "/proc/%.20s/stat", process->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        unsigned long long threads = 1;
        if (rest) sscanf(rest, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &threads);
        tasks += threads;
        fclose(file);
    }
    if (processes) closedir(processes);
    return tasks;
}

// Goes on as a child of what stays: as restricted as the command, without its streams, and deaf to what the command is
// sent.
static void leave_a_teller(void) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t child = fork();
    if (child < 0) fail("can't start: %s", strerror(errno));
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return;
    }
    for (int file = 0; file < TELL_FILE; file++) close(file);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) _exit(CONFINE_FAILED);
    if (!WIFSIGNALED(status)) _exit(WEXITSTATUS(status));
    unsigned char number = (unsigned char)WTERMSIG(status);
    if (write(TELL_FILE, &number, 1) < 0) {}
    _exit(128 + number);
}

static void enter(char **command, const struct restrictions *restrictions) __attribute__((noreturn));
static void enter(char **command, const struct restrictions *restrictions) {
    for (int signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (restrictions->tells) fcntl(TELL_FILE, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, restrictions->tells ? TELL_FILE + 1U : 3U, ~0U, 0U);
    // A namespace of users, as bubblewrap makes it and a network of one's own may need it, counts from zero.
    bool has_own_users = !restrictions->landlock;
    if (restrictions->own_network) {
        const char *problem = own_network(&has_own_users);
        if (problem) fail("%s: %s", problem, strerror(errno));
    }
    if (restrictions->proxy) hand_over_listener(restrictions->proxy, restrictions->proxy_port);
    if (restrictions->processes) {
        rlim_t most = restrictions->processes + (restrictions->tells ? 1 : 0);
        if (!has_own_users && getuid()) most += tasks_of_user();
        struct rlimit limit = {most, most};
        setrlimit(RLIMIT_NPROC, &limit);
    }
    drop_capabilities();
    if (restrictions->landlock) restrict_files(restrictions);
    restrict_calls(restrictions, restrictions->landlock ? landlock_version() : 0);
    unsetenv("PWD");
    if (restrictions->tells) leave_a_teller();
    execvp(command[0], command);
    // A part of PATH that is hidden looks like one that may not be entered.
    if (errno == ENOENT || (errno == EACCES && !strchr(command[0], '/')))
        fail("there is no program \"%s\" where programs may look", command[0]);
    fail("\"%s\" could not be run: %s", command[0], strerror(errno));
}

int main(int count, char **arguments) {
    if (count < 2) fail("expected probe, watch or enter");
    const char *verb = arguments[1];
    if (!strcmp(verb, "probe")) {
        bool filters = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
        char problem[256];
        bool networks = probe_network(problem, sizeof problem);
        printf("landlock %d\nseccomp %d\nnetwork %d %s\n", landlock_version(), filters, networks, problem);
        return 0;
    }
    struct limits limits = {0};
    static struct restrictions restrictions;
    int parent = 0, at = 2;
    bool wrapped = false;
    for (; at < count && strcmp(arguments[at], "--"); at++) {
        const char *name = arguments[at];
        // Flags first, then what has a value.
        if (!strcmp(name, "--wrapped")) wrapped = true;
        else if (!strcmp(name, "--temporary")) restrictions.temporary = true;
        else if (!strcmp(name, "--landlock")) restrictions.landlock = true;
        else if (!strcmp(name, "--network")) restrictions.network = true;
        else if (!strcmp(name, "--unix")) restrictions.unix_sockets = true;
        else if (!strcmp(name, "--own-network")) restrictions.own_network = true;
        else if (!strcmp(name, "--tell")) restrictions.tells = true;
        else {
            const char *value = ++at < count ? arguments[at] : NULL;
            if (!value) fail("%s needs a value", name);
            else if (!strcmp(name, "--parent")) parent = (int)number(value);
            else if (!strcmp(name, "--memory")) limits.memory = number(value);
            else if (!strcmp(name, "--processes")) limits.processes = restrictions.processes = number(value);
            else if (!strcmp(name, "--file")) limits.file = number(value);
            else if (!strcmp(name, "--cpu")) limits.cpu = number(value);
            else if (!strcmp(name, "--files")) limits.files = number(value);
            else if (!strcmp(name, "--proxy")) restrictions.proxy = value;
            else if (!strcmp(name, "--proxy-port")) restrictions.proxy_port = (unsigned short)number(value);
            else if (!strcmp(name, "--read") && restrictions.reads < MOST_PATHS) restrictions.read[restrictions.reads++] = value;
            else if (!strcmp(name, "--write") && restrictions.writes < MOST_PATHS) restrictions.write[restrictions.writes++] = value;
            else fail("the option %s is not known, or there are too many", name);
        }
    }
    if (at + 1 >= count) fail("expected -- and a command");
    if (!strcmp(verb, "enter")) enter(arguments + at + 1, &restrictions);
    if (!strcmp(verb, "watch")) watch(arguments + at + 1, limits, parent, wrapped, restrictions.temporary);
    fail("expected probe, watch or enter, not \"%s\"", verb);
}
#else
int main(void) { fail("there is no sandbox for this system yet"); }
#endif
