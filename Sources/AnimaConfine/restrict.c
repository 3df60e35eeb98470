// The part that gives up: files by Landlock, system calls by seccomp.
#ifdef __linux__
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// MARK: Landlock

// Written out here: the headers of older systems lack what their kernels may have. The numbers are the same everywhere.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3, MAKE_CHAR = 1 << 6,
       MAKE_BLOCK = 1 << 11, REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEV = 1 << 15 };
struct ruleset { uint64_t files, network, scope; };
struct path_rule { uint64_t allowed; int32_t parent; } __attribute__((packed));

int landlock_version(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, 1);
    return version > 0 ? (int)version : 0;
}

static void allow(int ruleset, const char *path, uint64_t rights) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return;  // What is not there needs no rule.
    struct stat status;
    if (!fstat(file, &status) && !S_ISDIR(status.st_mode))
        rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
    struct path_rule rule = {rights, file};
    if (syscall(ADD_RULE, ruleset, 1, &rule, 0)) fail("can't allow %s: %s", path, strerror(errno));
    close(file);
}

void restrict_files(const struct restrictions *restrictions) {
    int version = landlock_version();
    if (!version) fail("this system has no Landlock");
    uint64_t all = (REFER - 1) | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0)
        | (version >= 5 ? IOCTL_DEV : 0);
    struct ruleset attributes = {
        .files = all,
        .network = version >= 4 && !restrictions->network ? 3 : 0,  // to bind and to connect TCP
        .scope = version >= 6 ? 3 : 0,  // abstract sockets and signals
    };
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int ruleset = (int)syscall(CREATE_RULESET, &attributes, size, 0);
    if (ruleset < 0) fail("can't make Landlock rules: %s", strerror(errno));
    uint64_t read_rights = EXECUTE | READ_FILE | READ_DIR;
    uint64_t write_rights = all & ~(uint64_t)(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV);
    for (size_t i = 0; i < restrictions->reads; i++) allow(ruleset, restrictions->read[i], read_rights);
    for (size_t i = 0; i < restrictions->writes; i++) allow(ruleset, restrictions->write[i], write_rights);
    const char *temporary = getenv("TMPDIR");
    if (restrictions->temporary && temporary) allow(ruleset, temporary, write_rights);
    if (syscall(RESTRICT_SELF, ruleset, 0)) fail("can't enter Landlock: %s", strerror(errno));
    close(ruleset);
}

// MARK: seccomp

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "anima-confine knows x86_64 and arm64"
#endif

// Nothing that builds or tests software needs these; each reaches into the kernel or into other processes.
static const int denied[] = {
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, 438 /* pidfd_getfd */, SYS_kcmp,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
    428 /* open_tree */, 429 /* move_mount */, 430 /* fsopen */, 431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */,
    442 /* mount_setattr */, 467 /* open_tree_attr */,
    SYS_unshare, SYS_setns,
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl,
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_fanotify_init, SYS_open_by_handle_at,
    SYS_add_key, SYS_request_key, SYS_keyctl,
    SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_vhangup,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm,
#endif
};

// Callers have another way when these are not there.
static const int absent[] = {425 /* io_uring_setup */, 426 /* io_uring_enter */, 427 /* io_uring_register */,
                             435 /* clone3, whose flags a filter can't see; clone is used then */};

static struct sock_filter program[512];
static unsigned short length;

static void add(uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    if (length == sizeof program / sizeof *program) fail("the filter of system calls is too long");
    program[length++] = (struct sock_filter){code, if_true, if_false, value};
}
static void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0); }
static void end(uint32_t action) { add(BPF_RET | BPF_K, action, 0, 0); }
static void end_if(uint32_t value, uint32_t action) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    end(action);
}
static uint32_t refuse(int error) { return SECCOMP_RET_ERRNO | (uint32_t)error; }

// Begins a block for one call with one of its arguments loaded; the block must end in `end`.
static unsigned short begin_call(uint32_t number, int argument) {
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0);
    unsigned short jump = length - 1;
    // The lower half comes first: both architectures are little-endian.
    load((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)argument));
    return jump;
}
static void end_call(unsigned short jump) {
    end(SECCOMP_RET_ALLOW);
    program[jump].jf = (uint8_t)(length - jump - 1);
}

void restrict_calls(const struct restrictions *restrictions, int landlock) {
    load(offsetof(struct seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    end(refuse(ENOSYS));
    load(offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);  // the x32 numbers of the same calls
    end(refuse(ENOSYS));
#endif
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) end_if((uint32_t)denied[i], refuse(EPERM));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) end_if((uint32_t)absent[i], refuse(ENOSYS));
    // Landlock did not see this one at first.
    if (landlock && landlock < 3) end_if(SYS_truncate, refuse(EPERM));

    unsigned short jump = begin_call(SYS_clone, 0);
    uint32_t namespaces = 0x7E020000;  // CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
    add(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1);
    end(refuse(EPERM));
    end_call(jump);

    jump = begin_call(SYS_ioctl, 1);
    end_if(0x5412, refuse(EPERM));  // TIOCSTI types into a terminal
    end_if(0x541C, refuse(EPERM));  // TIOCLINUX
    end_call(jump);

    // Limits of oneself only: those of another process of the user are nobody's business.
    jump = begin_call(SYS_prlimit64, 0);
    end_if(0, SECCOMP_RET_ALLOW);
    end(refuse(EPERM));
    end_call(jump);

    jump = begin_call(SYS_socket, 0);
    if (restrictions->unix_sockets) end_if(AF_UNIX, SECCOMP_RET_ALLOW);
    if (restrictions->network) {
        end_if(AF_INET, SECCOMP_RET_ALLOW);
        end_if(AF_INET6, SECCOMP_RET_ALLOW);
        end_if(AF_NETLINK, SECCOMP_RET_ALLOW);
    }
    end(refuse(EACCES));
    end_call(jump);

    end(SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {length, program};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) fail("can't filter system calls: %s", strerror(errno));
}
#endif
