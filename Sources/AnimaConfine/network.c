// The part that leaves one way out: a network of one's own, and a port in it that Anima listens on.
#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool put(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool is_done = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    close(file);
    errno = error;
    return is_done;
}

// Only the loopback device of a new network is there, and that is down.
static bool raise_loopback(void) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return false;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    bool is_done = !ioctl(control, SIOCSIFFLAGS, &request);
    int error = errno;
    close(control);
    errno = error;
    return is_done;
}

const char *own_network(bool *has_own_users) {
    char user[64], group[64];
    snprintf(user, sizeof user, "%u %u 1", geteuid(), geteuid());
    snprintf(group, sizeof group, "%u %u 1", getegid(), getegid());
    *has_own_users = false;
    if (unshare(CLONE_NEWNET)) {
        // Who may not do that in the namespace of users there is, may in a new one.
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) return "can't make a network namespace";
        *has_own_users = true;
        if (!put("/proc/self/setgroups", "deny") && errno != ENOENT) return "can't give up groups in a namespace";
        if (!put("/proc/self/uid_map", user)) return "can't keep the user in a namespace";
        if (!put("/proc/self/gid_map", group)) return "can't keep the group in a namespace";
    }
    return raise_loopback() ? NULL : "can't raise the loopback device of a network namespace";
}

bool probe_network(char *problem, size_t size) {
    int ends[2];
    *problem = 0;
    if (pipe2(ends, O_CLOEXEC)) return false;
    pid_t child = fork();
    if (child == 0) {
        bool has_own_users;
        const char *step = own_network(&has_own_users);
        if (step) dprintf(ends[1], "%s: %s", step, strerror(errno));
        _exit(step ? 1 : 0);
    }
    close(ends[1]);
    ssize_t got = child < 0 ? -1 : read(ends[0], problem, size - 1);
    problem[got > 0 ? got : 0] = 0;
    close(ends[0]);
    int status = 1;
    if (child > 0) waitpid(child, &status, 0);
    return status == 0;
}

// A socket belongs to the network that it was made in, whoever holds it. So Anima, outside, takes the connections that
// are made in here, and no process and no file in here has to stand between.
void hand_over_listener(const char *path, unsigned short port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 128))
        fail("can't listen for programs that want to reach sandbox.hosts: %s", strerror(errno));
    int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof there.sun_path) fail("the path %s is too long for a socket", path);
    strcpy(there.sun_path, path);
    if (line < 0 || connect(line, (struct sockaddr *)&there, sizeof there))
        fail("can't reach the proxy for sandbox.hosts at %s: %s", path, strerror(errno));
    char byte = 0;
    struct iovec data = {&byte, 1};
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control = {.space = {0}};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space,
    };
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
    if (sendmsg(line, &message, MSG_NOSIGNAL) != 1)
        fail("can't hand a port over to the proxy for sandbox.hosts: %s", strerror(errno));
    close(line);
    close(listener);
}
#endif
