/// Keeps git, which programs run in repositories of strangers, from running what such a repository brings.
///
/// Keys of `.git/config` that name programs are overridden from the environment, which git puts above every file. Keys
/// with a name of the repository's choice in them (filters, drivers of diff and merge, aliases) can't be.
enum GitGuard {
    /// The variables, the same for every program.
    static let variables: [String: String] = {
        var variables = [
            // The program's home is the workspace: a `.gitconfig` in it is the repository's, and git would trust it.
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_PAGER": "cat",
            "PAGER": "cat",
            "GIT_EDITOR": ":",
            "GIT_SEQUENCE_EDITOR": ":",
            // Empty, these take the place of core.askPass and core.gitProxy and name nothing.
            "GIT_ASKPASS": "",
            "GIT_PROXY_COMMAND": "",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": "ssh",
            // What is missing in a partial clone would be fetched by the program that its remote names.
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_CONFIG_COUNT": String(settings.count),
        ]
        for (index, setting) in settings.enumerated() {
            variables["GIT_CONFIG_KEY_\(index)"] = setting.key
            variables["GIT_CONFIG_VALUE_\(index)"] = setting.value
        }
        return variables
    }()

    private static let settings: [(key: String, value: String)] = [
        ("core.hooksPath", "/dev/null"),
        ("core.fsmonitor", "false"),
        ("core.alternateRefsCommand", "true"),
        ("interactive.diffFilter", "cat"),
        // Empty takes back all that were named before.
        ("credential.helper", ""),
        ("protocol.ext.allow", "never"),
        // A directory that looks like a repository without being called .git comes with a clone, and its settings too.
        ("safe.bareRepository", "explicit"),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
        ("push.gpgSign", "false"),
        ("log.showSignature", "false"),
        ("gpg.program", "gpg"),
        ("gpg.openpgp.program", "gpg"),
        ("gpg.x509.program", "gpgsm"),
        ("gpg.ssh.program", "ssh-keygen"),
        ("gpg.ssh.defaultKeyCommand", ""),
        // What it leaves running is ended with the program.
        ("maintenance.auto", "false"),
    ]

    /// The variables for the repositories that a program may find itself in.
    ///
    /// There is no way to say that diff.external is not set; a program that takes its place shows less than git itself.
    /// So that is only where a repository may set it.
    static func variables(in directory: String, of workspace: Workspace) -> [String: String] {
        guard directory == workspace.root || directory.hasPrefix(workspace.root + "/") else { return [:] }
        var parts = directory.dropFirst(workspace.root.count).split(separator: "/")
        while true {
            if mayNameDiff((parts + [".git"]).joined(separator: "/"), workspace) {
                return ["GIT_EXTERNAL_DIFF": plainDiff]
            }
            if parts.popLast() == nil { return [:] }
        }
    }

    /// Whether the settings of a repository could name a program for differences.
    private static func mayNameDiff(_ path: String, _ workspace: Workspace) -> Bool {
        for name in ["/config", "/config.worktree"] {
            do throws(WorkspaceError) {
                guard let bytes = try workspace.contents(at: path + name) else { continue }
                let text = String(decoding: bytes, as: UTF8.self).lowercased()
                if text.contains("external") || text.contains("include") { return true }
            } catch {
                return true
            }
        }
        // A file there leads to settings elsewhere.
        return (try? workspace.contents(at: path)) != nil
    }

    /// Gets a path, two files, and for each its number and mode.
    private static let plainDiff = #"""
        f() { if [ "$2" = /dev/null ]; then o=$2; else o=a/$1; fi; if [ "$5" = /dev/null ]; then n=$5; else n=b/$1; fi; \#
        echo "diff --git a/$1 b/$1"; diff -u --label "$o" --label "$n" -- "$2" "$5"; return 0; }; f "$@"
        """#
}
