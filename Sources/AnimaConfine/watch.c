// The part that stays outside: limits, and the end of everything that was started.
#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 65536, TICK = 25, GRACE = 300 };

static char temporary_path[] = "/tmp/anima-XXXXXX";

// Everything that descends from this process.
struct tree {
    pid_t processes[MOST];
    size_t count, tasks;
    unsigned long long memory;
};
static struct tree tree;

// The signal that each process gets as soon as it is seen; zero for none.
static int on_sight;

static ssize_t slurp(const char *path, char *buffer, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = read(file, buffer + used, size - 1 - used)) > 0) used += (size_t)got;
    close(file);
    buffer[used] = 0;
    return (ssize_t)used;
}

// Adds the children of each task of a process to the tree, and counts the tasks.
static void add_children(pid_t process, bool counts) {
    static char buffer[1 << 16];
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *tasks = opendir(path);
    if (!tasks) return;
    for (struct dirent *task; (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        if (counts) tree.tasks++;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", process, task->d_name);
        if (slurp(path, buffer, sizeof buffer) <= 0) continue;
        char *at = buffer, *end;
        for (long child; tree.count < MOST && (child = strtol(at, &end, 10), end != at); at = end) {
            if (on_sight) kill((pid_t)child, on_sight);
            tree.processes[tree.count++] = (pid_t)child;
        }
    }
    closedir(tasks);
}

// Looks no further when there are more tasks than asked for.
static void look(size_t most_tasks) {
    tree.count = tree.tasks = 0;
    tree.memory = 0;
    add_children(getpid(), false);
    for (size_t i = 0; i < tree.count && tree.tasks <= most_tasks; i++) {
        add_children(tree.processes[i], true);
        char path[64], text[256];
        snprintf(path, sizeof path, "/proc/%d/statm", tree.processes[i]);
        unsigned long long size = 0, resident = 0, shared = 0;
        if (slurp(path, text, sizeof text) > 0 && sscanf(text, "%llu %llu %llu", &size, &resident, &shared) == 3)
            tree.memory += (resident > shared ? resident - shared : 0) * (unsigned long long)sysconf(_SC_PAGESIZE);
    }
}

static void signal_all(int number, size_t first) {
    for (size_t i = first; i < tree.count; i++) kill(tree.processes[i], number);
}

static long long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// First holds everything still, so that nothing is born while the rest dies.
static void end_all(bool wrapped) {
    // With the first process of its namespace everything in it ends, by the system's own hand.
    on_sight = wrapped ? SIGKILL : SIGSTOP;
    size_t before = 0;
    for (int round = 0; round < 100; round++) {
        look(MOST);
        if (tree.count == before) break;
        before = tree.count;
    }
    on_sight = SIGKILL;
    long long until = milliseconds() + 5000;
    do {
        look(MOST);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
        if (tree.count) usleep(1000);
    } while (tree.count && milliseconds() < until);
}

static int discard(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)place;
    // A directory that can't be entered is opened to its owner and removed by the second walk.
    if (kind == FTW_DNR) return chmod(path, 0700), 0;
    return remove(path), 0;
}

static void clean_up(bool temporary) {
    if (!temporary) return;
    for (int walk = 0; walk < 3 && !access(temporary_path, F_OK); walk++)
        nftw(temporary_path, discard, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void bound(int resource, unsigned long long value, bool has_grace) {
    struct rlimit limit;
    if (!value || getrlimit((__rlimit_resource_t)resource, &limit)) return;
    rlim_t hard = value + (has_grace ? 2 : 0);
    if (limit.rlim_max == RLIM_INFINITY || hard < limit.rlim_max) limit.rlim_max = hard;
    limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit)) fail("can't set a limit: %s", strerror(errno));
}

static void become(char **command, struct limits limits, int tell_file) __attribute__((noreturn));
static void become(char **command, struct limits limits, int tell_file) {
    if (tell_file == TELL_FILE) fcntl(TELL_FILE, F_SETFD, 0);
    else if (tell_file >= 0) dup2(tell_file, TELL_FILE);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    // Out of memory, the system takes these before the runtime.
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        if (write(file, "1000", 4) < 0) {}
        close(file);
    }
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    bound(RLIMIT_DATA, limits.memory, false);
    bound(RLIMIT_FSIZE, limits.file, false);
    // The soft limit's signal can be ignored; the hard one's, two seconds later, can't.
    bound(RLIMIT_CPU, limits.cpu, true);
    bound(RLIMIT_NOFILE, limits.files, false);
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, NULL);
    execvp(command[0], command);
    fail("\"%s\" could not be run: %s", command[0], strerror(errno));
}

void watch(char **command, struct limits limits, int parent, bool wrapped, bool temporary) {
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int parent_file = parent ? (int)syscall(SYS_pidfd_open, parent, 0U) : -1;
    if (parent && getppid() != parent) fail("process %d, which it was started for, is gone", parent);
    if (temporary) {
        if (!mkdtemp(temporary_path)) fail("can't make %s: %s", temporary_path, strerror(errno));
        setenv("TMPDIR", temporary_path, 1);
    }
    sigset_t signals;
    sigemptyset(&signals);
    const int waited[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof waited / sizeof *waited; i++) {
        signal(waited[i], SIG_DFL);
        sigaddset(&signals, waited[i]);
    }
    sigprocmask(SIG_BLOCK, &signals, NULL);
    // Root's processes are not bounded by the system: whoever counts them must get to it. Others may not do this.
    struct sched_param first = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first);
    int signal_file = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    int told[2] = {-1, -1};
    if (wrapped && pipe2(told, O_CLOEXEC | O_NONBLOCK)) told[0] = told[1] = -1;
    pid_t child = fork();
    if (child == 0) become(command, limits, told[1]);
    if (child < 0 || signal_file < 0) {
        clean_up(temporary);
        fail("can't start: %s", strerror(errno));
    }
    char reason[128] = "";
    int status = 0;
    long long until = 0, last_look = 0;
    for (bool is_over = false; !is_over;) {
        struct pollfd files[] = {{signal_file, POLLIN, 0}, {parent_file, POLLIN, 0}};
        poll(files, 2, TICK);
        struct signalfd_siginfo information;
        bool is_asked = false;
        while (read(signal_file, &information, sizeof information) == sizeof information)
            if (information.ssi_signo != SIGCHLD) is_asked = true;
        // Also reaps what was orphaned in the meantime.
        int ended;
        for (pid_t process; (process = waitpid(-1, &ended, WNOHANG)) > 0;)
            if (process == child) status = ended, is_over = true;
        if (is_over) break;
        if (files[1].revents) status = SIGKILL, is_over = true;
        if (is_asked && !until) {
            look(MOST);
            // bubblewrap, the first of a wrapped tree, would take all others with it at once.
            signal_all(SIGTERM, wrapped ? 1 : 0);
            until = milliseconds() + GRACE;
            status = SIGTERM;
        }
        if (until && milliseconds() >= until) status = SIGKILL, is_over = true;
        if (!is_over && milliseconds() - last_look >= TICK) {
            last_look = milliseconds();
            // The two processes of bubblewrap do not count, nor does the one that tells.
            size_t most_tasks = limits.processes ? limits.processes + (wrapped ? 3 : 0) : MOST;
            look(most_tasks);
            if (tree.tasks > most_tasks)
                snprintf(reason, sizeof reason, "killed: more than %llu processes and threads", limits.processes);
            if (limits.memory && tree.memory > limits.memory)
                snprintf(reason, sizeof reason, "killed: more than %llu MB of memory", limits.memory >> 20);
            if (*reason) is_over = true;
        }
    }
    end_all(wrapped);
    clean_up(temporary);
    if (*reason) fail("%s", reason);
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    unsigned char heard;
    if (!number && read(told[0], &heard, 1) == 1 && heard < NSIG) number = heard;
    if (number) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(number, SIG_DFL);
        sigset_t open_set;
        sigemptyset(&open_set);
        raise(number);
        sigprocmask(SIG_SETMASK, &open_set, NULL);
        exit(128 + number);
    }
    exit(WEXITSTATUS(status));
}
#endif
