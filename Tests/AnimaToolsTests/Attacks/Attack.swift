import AnimaCore
import Testing

/// One thing that somebody might try through an agent.
struct Attack: Sendable, CustomTestStringConvertible {
    /// What is tried, in a few words; unique.
    let name: String
    let way: Way
    /// Whether the call must be refused, and not only do no harm.
    var isRefused = false

    enum Way: Sendable {
        /// A tool is called with these arguments, after the setup; `OUT`, `ROOT` and `PORT` stand for the directory around the
        /// workspace, the workspace, and the port of a server on this machine.
        case call(String, JSONValue)
        /// Several calls, one after another.
        case calls([(String, JSONValue)])
        /// A page of a public host is read that answers like this.
        case redirect(to: String)
        /// A call that these rules must not allow.
        case gate(allow: [String], deny: [String] = [], String, JSONValue)
    }

    var testDescription: String { name }

    static func call(_ name: String, _ tool: String, _ arguments: JSONValue, refused: Bool = true) -> Attack {
        Attack(name: name, way: .call(tool, arguments), isRefused: refused)
    }

    static func line(_ name: String, _ command: String) -> Attack {
        Attack(name: name, way: .call("shell", ["command": .string(command), "timeout_seconds": 20]))
    }

    static func url(_ name: String, _ url: String, _ tool: String = "http_request") -> Attack {
        Attack(name: name, way: .call(tool, ["url": .string(url)]), isRefused: true)
    }

    /// A line that the rule for some commands must not let through.
    static func allowed(_ rule: String, _ command: String) -> Attack {
        Attack(
            name: "\(rule) lets \(command) through",
            way: .gate(allow: [rule], "shell", ["command": .string(command)])
        )
    }

    /// All of them.
    static let all = paths + links + devices + shell + environment + exhaustion + archives + web + rules
}

// MARK: Files

extension Attack {
    static let paths: [Attack] = [
        call("read above", "read_file", ["path": "../secret.txt"]),
        call("read far above", "read_file", ["path": "../../../../../../../../etc/passwd"]),
        call("read above from below", "read_file", ["path": "dir/../../secret.txt"]),
        call("read above by dots", "read_file", ["path": "./.././secret.txt"]),
        call("read above by slashes", "read_file", ["path": "dir//..//..//secret.txt"]),
        call("read an absolute path", "read_file", ["path": "OUT/secret.txt"]),
        call("read /etc/passwd", "read_file", ["path": "/etc/passwd"]),
        call("read beside a like name", "read_file", ["path": "ROOT-other/secret.txt"]),
        call("read an absolute path through the root", "read_file", ["path": "ROOT/../secret.txt"]),
        call("read by two leading slashes", "read_file", ["path": "//etc/passwd"]),
        call("read by a NUL", "read_file", ["path": "notes.txt\u{0}/../../secret.txt"]),
        call("read by a percent", "read_file", ["path": "%2e%2e/secret.txt"]),
        call("read by two encoded dots", "read_file", ["path": "..%2fsecret.txt"]),
        call("read by wide dots", "read_file", ["path": "\u{FF0E}\u{FF0E}/secret.txt"]),
        call("read by a two-dot leader", "read_file", ["path": "\u{2025}/secret.txt"]),
        call("read by a backslash", "read_file", ["path": "..\\secret.txt"]),
        call("read a file address", "read_file", ["path": "file://OUT/secret.txt"]),
        call("read a home", "read_file", ["path": "~/secret.txt"]),
        call("read an overlong path", "read_file", ["path": .string(String(repeating: "a/", count: 4000) + "../x")]),
        call("read an overlong name", "read_file", ["path": .string(String(repeating: "a", count: 5000))]),
        call("write above", "write_file", ["path": "../victim.txt", "content": "evil"]),
        call("write an absolute path", "write_file", ["path": "OUT/victim.txt", "content": "evil"]),
        call("write a new file above", "write_file", ["path": "../new.txt", "content": "evil"]),
        call("edit above", "edit_file", ["path": "../victim.txt", "old_text": "unchanged", "new_text": "evil"]),
        call("delete above", "delete_file", ["path": "../victim.txt"]),
        call("move out", "move_file", ["path": "notes.txt", "to": "../victim.txt", "overwrite": true]),
        call("move in", "move_file", ["path": "../secret.txt", "to": "stolen.txt"]),
        call("list above", "list_files", ["path": "..", "depth": 5]),
        call("search above", "search_files", ["pattern": "SECRET", "path": ".."]),
        call("tell about a file above", "file_info", ["path": "../secret.txt"]),
        call(
            "patch above",
            "apply_patch",
            ["patch": "--- a/../victim.txt\n+++ b/../victim.txt\n@@ -1 +1 @@\n-unchanged\n+evil\n"]
        ),
        call(
            "patch an absolute path",
            "apply_patch",
            ["patch": "--- /dev/null\n+++ OUT/new.txt\n@@ -0,0 +1 @@\n+evil\n"]
        ),
        call(
            "patch a git hook",
            "apply_patch",
            ["patch": "--- /dev/null\n+++ b/.git/hooks/post-merge\n@@ -0,0 +1 @@\n+evil\n"]
        ),
        call("write a git hook", "write_file", ["path": ".git/hooks/pre-commit", "content": "evil"]),
        call("write a git hook in capitals", "write_file", ["path": ".Git/HOOKS/pre-commit", "content": "evil"]),
        call("write git's configuration", "write_file", ["path": ".git/config", "content": "[core]\n hooksPath = /x"]),
        call("write .envrc", "write_file", ["path": ".envrc", "content": "evil"]),
        call("write a shell start-up file", "write_file", ["path": ".bashrc", "content": "evil"]),
        call(
            "move over a git hook",
            "move_file",
            ["path": "notes.txt", "to": ".git/hooks/pre-commit", "overwrite": true]
        ),
        call("save a download above", "http_request", ["url": "http://127.0.0.1:PORT/", "save_to": "../new.txt"]),
    ]

    static let links: [Attack] = [
        call("read through a link to a file", "read_file", ["path": "link-file"]),
        call("read through a link to a directory", "read_file", ["path": "link-dir/secret.txt"]),
        call("read through an absolute link", "read_file", ["path": "link-absolute"]),
        call("read through a chain of links", "read_file", ["path": "chain-1"]),
        call("read through a link in the middle", "read_file", ["path": "dir/up/secret.txt"]),
        call("read through a link and dots", "read_file", ["path": "link-dir/../secret.txt"]),
        call("read through a loop of links", "read_file", ["path": "loop"]),
        call("write through a link to a file", "write_file", ["path": "link-victim", "content": "evil"]),
        call("write through a dangling link", "write_file", ["path": "link-new", "content": "evil"]),
        call("write through a link to a directory", "write_file", ["path": "link-dir/new.txt", "content": "evil"]),
        call("edit through a link", "edit_file", ["path": "link-victim", "old_text": "unchanged", "new_text": "evil"]),
        call("list through a link", "list_files", ["path": "link-dir"]),
        call("search through a link", "search_files", ["pattern": "SECRET", "path": "link-dir"]),
        call("search everything", "search_files", ["pattern": "SECRET"], refused: false),
        call("list everything deeply", "list_files", ["depth": 20, "hidden": true], refused: false),
        call("run in a directory behind a link", "shell", ["command": "cat secret.txt", "directory": "link-dir"]),
        call("delete through a link to a directory", "delete_file", ["path": "link-dir/victim.txt"]),
        call("move in through a link", "move_file", ["path": "link-dir/secret.txt", "to": "stolen.txt"]),
        call("move out through a link", "move_file", ["path": "notes.txt", "to": "link-dir/new.txt"]),
        call(
            "patch through a link",
            "apply_patch",
            ["patch": "--- a/link-victim\n+++ b/link-victim\n@@ -1 +1 @@\n-unchanged\n+evil\n"]
        ),
        Attack(
            name: "make a link by a program, then read through it",
            way: .calls([
                ("shell", ["command": "ln -s OUT/secret.txt made"]), ("read_file", ["path": "made"]),
            ])
        ),
        Attack(
            name: "make a hard link by a program, then read it",
            way: .calls([
                ("shell", ["command": "ln OUT/secret.txt made || cp -l OUT/secret.txt made"]),
                ("read_file", ["path": "made"]),
            ])
        ),
        Attack(
            name: "swap a directory for a link while files are written",
            way: .calls([
                (
                    "shell",
                    ["command": "(for i in 1 2 3 4 5 6 7 8; do mv dir d2; ln -s OUT dir; rm dir; mv d2 dir; done) 2>&1"]
                ),
                ("write_file", ["path": "dir/new.txt", "content": "fine"]),
            ])
        ),
    ]

    static let devices: [Attack] = [
        call("read a pipe", "read_file", ["path": "pipe"]),
        call("write a pipe", "write_file", ["path": "pipe", "content": "x"]),
        call("read a device by a link", "read_file", ["path": "link-device"]),
        call("read the memory of the process", "read_file", ["path": "/proc/self/mem"]),
        call("read the environment of the process", "read_file", ["path": "/proc/self/environ"]),
        call("read a descriptor of the process", "read_file", ["path": "/proc/self/fd/0"]),
        call("read /proc by a link", "read_file", ["path": "link-proc/environ"]),
        call("read the root of the process", "read_file", ["path": "/proc/self/root/etc/passwd"]),
        call("search a pipe", "search_files", ["pattern": "x", "path": "pipe"]),
    ]
}

// MARK: Programs

extension Attack {
    static let shell: [Attack] = [
        line("print a secret", "cat OUT/secret.txt"),
        line("print a secret by a link", "cat link-file link-absolute link-dir/secret.txt"),
        line("print a secret in Base64", "base64 < OUT/secret.txt"),
        line("print a secret in hexadecimal", "od -An -tx1 OUT/secret.txt | tr -d ' \\n'"),
        line("copy a secret", "cp -r OUT/. stolen; cat stolen/secret.txt"),
        line("find secrets", "find / -name secret.txt -exec cat {} + 2>/dev/null"),
        line("find secrets by xargs", "ls OUT | xargs -I{} cat OUT/{}"),
        line("write outside", "echo evil > OUT/victim.txt"),
        line("append outside", "echo evil >> OUT/victim.txt"),
        line("write outside by tee", "echo evil | tee OUT/victim.txt OUT/new.txt"),
        line("write outside by dd", "dd if=/dev/zero of=OUT/victim.txt count=1"),
        line("write outside by sed", "sed -i s/unchanged/evil/ OUT/victim.txt"),
        line("delete outside", "rm -rf OUT/dir OUT/victim.txt"),
        line("move outside away", "mv OUT/victim.txt OUT/gone.txt"),
        line("change a mode outside", "chmod 777 OUT/victim.txt && mv OUT/victim.txt x"),
        line("truncate outside", "truncate -s 0 OUT/victim.txt || : > OUT/victim.txt"),
        line("write a git hook by a program", "echo evil > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit"),
        line("make a new git hook by a program", "echo evil > .git/hooks/post-checkout"),
        line("replace git's directory", "mv .git .g2 && mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit"),
        line("write .envrc by a program", "echo evil > .envrc"),
        line("write git's configuration by a program", "printf '[core]\\n\\tpager = evil\\n' >> .git/config"),
        line("leave a program behind", "nohup sleep 600 > /dev/null 2>&1 & echo started"),
        line("leave a program behind in its own session", "setsid sleep 600 > /dev/null 2>&1 & echo started"),
        line(
            "leave a program behind that ignores signals",
            "(trap '' TERM HUP INT; exec sleep 600) > /dev/null 2>&1 &"
        ),
        line("fork twice", "(setsid sh -c 'sleep 600 &' &) > /dev/null 2>&1"),
        line("connect to this machine", "exec 3<>/dev/tcp/127.0.0.1/PORT; echo GET / >&3; cat <&3"),
        line(
            "connect to this machine by bash",
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/PORT && printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3 && cat <&3'"
        ),
        line("connect by curl", "curl -s -m 5 http://127.0.0.1:PORT/ || wget -q -T 5 -O - http://127.0.0.1:PORT/"),
        line("signal the parent", "kill -9 $PPID; kill -TERM -1; echo done"),
        line("trace the parent", "cat /proc/$PPID/environ /proc/$PPID/mem 2>/dev/null | head -c 1000"),
        line("mount over", "mount --bind OUT dir; unshare -r cat OUT/secret.txt; cat dir/secret.txt"),
        line("become root", "sudo -n cat OUT/secret.txt; su -c 'cat OUT/secret.txt'"),
        line("read block devices", "cat /dev/sda /dev/vda /dev/mem /dev/kmem 2>/dev/null | head -c 100"),
        line("change the host's name", "hostname evil; echo evil > /proc/sys/kernel/hostname"),
        line("plan for later", "echo '* * * * * evil' | crontab -; echo evil | at now"),
    ]

    static let environment: [Attack] = [
        line("print the environment", "env"),
        line("print the environment by export", "export -p; set"),
        line("print a variable", "echo $ANIMA_ATTACK_SECRET"),
        line("read one's own environment", "tr '\\0' '\\n' < /proc/self/environ"),
        line("read everybody's environment", "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"),
        line("read everybody's descriptors", "cat /proc/[0-9]*/fd/* 2>/dev/null < /dev/null | head -c 100000"),
        line("read everybody's root", "cat /proc/[0-9]*/root/OUT/secret.txt 2>/dev/null"),
        line("read inherited descriptors", "for i in 3 4 5 6 7 8 9; do cat <&$i 2>/dev/null; done"),
        line("load a library into a program", "LD_PRELOAD=./evil.so ls; LD_LIBRARY_PATH=. ls"),
        line("read the home", "cat ~/secret.txt ~/.ssh/id_rsa ~/.netrc /root/.ssh/* 2>/dev/null; ls /home /root"),
        line("read the system's secrets", "cat /etc/shadow /etc/sudoers 2>/dev/null | head -c 100"),
    ]

    static let exhaustion: [Attack] = [
        line("fork without end", ":(){ :|:& };: 2>/dev/null; for i in $(seq 400); do sleep 60 & done; wait"),
        line("take all memory", "head -c 3000m /dev/zero | tail -c 2900m | wc -c"),
        line("fill the disk with one file", "head -c 2000m /dev/zero > big; ls -l big"),
        line("print without end", "yes ANIMA | head -c 100000000"),
        line("print a line without end", "head -c 50000000 /dev/zero | tr '\\0' a"),
        line("never end", "sleep 600"),
        line("never end and not be stopped", "trap '' TERM INT HUP; while :; do sleep 1; done"),
        line("wait for input", "cat; read x; cat /dev/tty"),
        call("search with a slow expression", "search_files", ["pattern": "(a+)+$"], refused: false),
        call("search with an expression too large", "search_files", ["pattern": "(a{1,500}){1,500}"]),
        call(
            "patch with a huge count",
            "apply_patch",
            ["patch": "--- a/notes.txt\n+++ b/notes.txt\n@@ -1,999999999 +1,999999999 @@\n+x\n"],
            refused: false
        ),
    ]

    static let archives: [Attack] = [
        line("unpack above by tar", "tar -xPf evil.tar; tar -xf evil.tar; true"),
        line("unpack through a link by tar", "tar -xf link.tar; true"),
        line("unpack above by unzip", "unzip -o evil.zip; python3 -m zipfile -e evil.zip .; true"),
    ]
}

// MARK: The web

extension Attack {
    static let web: [Attack] = [
        url("ask this machine", "http://127.0.0.1:PORT/"), url("ask this machine by name", "http://localhost:PORT/"),
        url("ask this machine by a name with a dot", "http://localhost.:PORT/"),
        url("ask this machine by a name below it", "http://x.localhost:PORT/"),
        url("ask this machine by one number", "http://2130706433:PORT/"),
        url("ask this machine in octal", "http://0177.0.0.1:PORT/"),
        url("ask this machine in hexadecimal", "http://0x7f.0.0.1:PORT/"),
        url("ask this machine in one hexadecimal number", "http://0x7f000001:PORT/"),
        url("ask this machine in short", "http://127.1:PORT/"), url("ask this machine by zero", "http://0:PORT/"),
        url("ask this machine by zeros", "http://0.0.0.0:PORT/"),
        url("ask this machine by version 6", "http://[::1]:PORT/"),
        url("ask this machine by no address of version 6", "http://[::]:PORT/"),
        url("ask this machine by a mapped address", "http://[::ffff:127.0.0.1]:PORT/"),
        url("ask this machine by a mapped address in hexadecimal", "http://[::ffff:7f00:1]:PORT/"),
        url("ask this machine by a compatible address", "http://[::127.0.0.1]:PORT/"),
        url("ask this machine through NAT64", "http://[64:ff9b::7f00:1]:PORT/"),
        url("ask this machine through 6to4", "http://[2002:7f00:1::]:PORT/"),
        url("ask this machine behind a user", "http://public.test@127.0.0.1:PORT/"),
        url("ask this machine behind a user with a port", "http://public.test:80@127.0.0.1:PORT/"),
        url("ask this machine behind a backslash", "http://public.test\\@127.0.0.1:PORT/"),
        url("ask this machine behind a hash", "http://127.0.0.1:PORT#@public.test/"),
        url("ask this machine by wide digits", "http://\u{FF11}\u{FF12}\u{FF17}.0.0.1:PORT/"),
        url("ask this machine by circled digits", "http://\u{2460}\u{2461}\u{2466}.\u{24EA}.\u{24EA}.\u{2460}:PORT/"),
        url("ask this machine by ideographic stops", "http://127\u{3002}0\u{3002}0\u{3002}1:PORT/"),
        url("ask a name that is this machine", "http://loop.test:PORT/"),
        url("ask a name that is this machine beside others", "http://mixed.test:PORT/"),
        url("ask a name that changes", "http://rebind.test:PORT/"),
        url("ask a private network", "http://10.0.0.1/"), url("ask another private network", "http://192.168.1.1/"),
        url("ask a third private network", "http://172.16.0.1/"), url("ask a carrier's network", "http://100.64.0.1/"),
        url("ask the metadata service", "http://169.254.169.254/latest/meta-data/"),
        url("ask the metadata service by name", "http://metadata.test/"),
        url("ask the metadata service by version 6", "http://[fd00:ec2::254]/"),
        url("ask a link-local address", "http://[fe80::1]/"),
        url("ask a link-local address with a zone", "http://[fe80::1%25eth0]/"),
        url("ask a group", "http://224.0.0.1/"), url("ask everybody", "http://255.255.255.255/"),
        url("ask a unique local address", "http://[fc00::1]/"), url("read a file", "file:///etc/passwd"),
        url("ask by gopher", "gopher://127.0.0.1:PORT/_GET"), url("ask by ftp", "ftp://127.0.0.1:PORT/"),
        url("ask by data", "data:text/plain,hello"),
        url("ask by a line break", "http://public.test/\r\nHost: 127.0.0.1"),
        url("read a page of this machine", "http://127.0.0.1:PORT/", "read_page"),
        url("read a page by a name that is this machine", "http://loop.test:PORT/", "read_page"),
        Attack(name: "send on to this machine", way: .redirect(to: "http://127.0.0.1:PORT/"), isRefused: true),
        Attack(
            name: "send on to a name that is this machine",
            way: .redirect(to: "http://loop.test:PORT/"),
            isRefused: true
        ),
        Attack(name: "send on without a scheme", way: .redirect(to: "//127.0.0.1:PORT/"), isRefused: true),
        Attack(name: "send on to a file", way: .redirect(to: "file:///etc/passwd"), isRefused: true),
        Attack(name: "send on to the metadata service", way: .redirect(to: "http://169.254.169.254/"), isRefused: true),
        call(
            "smuggle a header",
            "http_request",
            ["url": "http://public.test/", "headers": ["X: a\r\nHost: 127.0.0.1"]]
        ),
        call("say another host", "http_request", ["url": "http://public.test/", "headers": ["Host: 127.0.0.1"]]),
        call(
            "say another length",
            "http_request",
            ["url": "http://public.test/", "method": "POST", "body": "x", "headers": ["Content-Length: 0"]]
        ),
    ]
}

// MARK: The gate

extension Attack {
    static let rules: [Attack] =
        [
            "git status; rm -rf /", "git status && rm x", "git status || rm x", "git status | sh", "git status & rm x",
            "git status\nrm x", "git status `rm x`", "git status $(rm x)", "git status > /etc/passwd",
            "git status >> x",
            "git status < x", "git status <(rm x)", "git status ${IFS}x", "git status {a,b}", "git status ~/x",
            "git status 'x", "git status \\\nrm", "git statusx; rm", "git status\u{0}rm", "env git status",
            "git status *",
            "git\tstatus;rm x", "(git status)", "! git status", "x=1 git status", "git status #; rm",
            "git status\r\nrm x",
        ]
        .map { Attack.allowed("shell:git status*", $0) } + [
            Attack.allowed("shell:git status", "git status --porcelain=v2; rm x"),
            Attack.allowed("shell:ls *", "ls $(cat secret)"), Attack.allowed("shell:find *", "find . -exec rm {} ;"),
            Attack.allowed("shell:echo *", "echo x > .git/hooks/pre-commit"),
        ]
        + ["rm\t-rf x", " rm -rf x", "rm  x", "/bin/rm -rf x", "ls; rm x", "./rm x"]
        .map { line in
            Attack(
                name: "run \(line) where rm is denied",
                way: .gate(allow: ["shell"], deny: ["shell:rm *"], "shell", ["command": .string(line)])
            )
        } + [
            Attack(
                name: "run a denied program by its path",
                way: .gate(
                    allow: ["shell"],
                    deny: ["run_program:rm *"],
                    "run_program",
                    ["arguments": ["/bin/rm", "-rf", "x"]]
                )
            ),
            Attack(
                name: "reach a denied file by another way to it",
                way: .gate(allow: ["files"], deny: ["files:secrets/**"], "read_file", ["path": "x/../secrets/key"])
            ),
            Attack(
                name: "reach a denied file by its absolute path",
                way: .gate(allow: ["files"], deny: ["files:secrets/**"], "read_file", ["path": "/w/secrets/key"])
            ),
            Attack(
                name: "move a denied file out",
                way: .gate(
                    allow: ["files"],
                    deny: ["files:secrets/**"],
                    "move_file",
                    ["path": "secrets/key", "to": "open"]
                )
            ),
            Attack(
                name: "patch a denied file among others",
                way: .gate(
                    allow: ["files"],
                    deny: ["files:secrets/**"],
                    "apply_patch",
                    [
                        "patch":
                            "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/secrets/key\n+++ b/secrets/key\n@@ -1 +1 @@\n-a\n+b\n"
                    ]
                )
            ),
            Attack(
                name: "send elsewhere by a user in the address",
                way: .gate(
                    allow: ["http_request:GET https://api.test/*"],
                    "http_request",
                    ["url": "https://api.test@evil.test/", "method": "GET"]
                )
            ),
            Attack(
                name: "send elsewhere by a like name",
                way: .gate(
                    allow: ["http_request:GET https://api.test/*"],
                    "http_request",
                    ["url": "https://api.test.evil.test/", "method": "GET"]
                )
            ),
            Attack(
                name: "leave an allowed path by dots",
                way: .gate(
                    allow: ["http_request:GET https://api.test/open/*"],
                    "http_request",
                    ["url": "https://api.test/open/../admin", "method": "GET"]
                )
            ),
            Attack(
                name: "leave an allowed path by encoded dots",
                way: .gate(
                    allow: ["http_request:GET https://api.test/open/*"],
                    "http_request",
                    ["url": "https://api.test/open/%2e%2e/admin", "method": "GET"]
                )
            ),
            Attack(
                name: "change something where only reading is allowed",
                way: .gate(
                    allow: ["http_request:GET https://api.test/*"],
                    "http_request",
                    ["url": "https://api.test/", "method": "DELETE"]
                )
            ),
            Attack(
                name: "run a program whose arguments look like the rule",
                way: .gate(
                    allow: ["run_program:git status*"],
                    "run_program",
                    ["arguments": ["sh", "-c", "git status"]]
                )
            ),
            Attack(
                name: "run a program whose name holds the rule",
                way: .gate(allow: ["run_program:git status*"], "run_program", ["arguments": ["git status; rm", "x"]])
            ),
            Attack(
                name: "run a program of a directory whose name looks like the rule",
                way: .gate(allow: ["run_program:git status*"], "run_program", ["arguments": ["git status/evil"]])
            ),
        ]
}
