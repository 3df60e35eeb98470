import AnimaCore
import Testing

@testable import AnimaTools

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A way in which a repository could have git run a program.
///
/// `mark` is the program: it leaves the file `marker` in the workspace.
struct GitTrap: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let setUp: String
    let command: String

    init(_ name: String, _ setUp: String, _ command: String) {
        testDescription = name
        self.setUp = setUp
        self.command = command
    }

    private static func setting(_ key: String, _ command: String) -> GitTrap {
        GitTrap(key, "git config '\(key)' \"$MARK\"", command)
    }

    private static func hook(_ name: String, _ command: String) -> GitTrap {
        GitTrap("hook \(name)", "cp mark .git/hooks/\(name)", command)
    }

    static let all = [
        hook("pre-commit", "git commit -qam x"), hook("prepare-commit-msg", "git commit -qam x"),
        hook("commit-msg", "git commit -qam x"), hook("post-commit", "git commit -qam x"),
        hook("post-checkout", "git checkout -q -b other"), hook("post-index-change", "git add -A; git status"),
        hook("reference-transaction", "git tag x"),
        hook("pre-rebase", "git stash -q; git rebase -q --force-rebase HEAD~1"),
        GitTrap(
            "core.hooksPath",
            "mkdir h && cp mark h/pre-commit && git config core.hooksPath h",
            "git commit -qam x"
        ),
        setting("core.fsmonitor", "git status"), setting("core.fsmonitor", "git diff"),
        setting("diff.external", "git diff"), setting("core.editor", "git commit -qa"),
        GitTrap(
            "diff.external in an included file",
            "git config -f .git/more diff.external \"$MARK\"; git config include.path more",
            "mkdir deep && cd deep && git diff"
        ),
        setting("sequence.editor", "git stash -q; git rebase -q -i HEAD~1"),
        setting("core.askPass", "printf 'protocol=https\\nhost=a.example\\n' | git credential fill"),
        setting("credential.helper", "printf 'protocol=https\\nhost=a.example\\n' | git credential fill"),
        setting(
            "credential.https://a.example.helper",
            "printf 'protocol=https\\nhost=a.example\\n' | git credential fill"
        ),
        setting("core.sshCommand", "git ls-remote ssh://127.0.0.1:1/x"),
        setting("core.gitProxy", "git ls-remote git://127.0.0.1:1/x"),
        GitTrap("commit.gpgSign", "git config commit.gpgSign true; git config gpg.program $MARK", "git commit -qam x"),
        GitTrap(
            "gpg.ssh.program",
            "git config commit.gpgSign true; git config gpg.format ssh; git config user.signingKey k; git config gpg.ssh.program $MARK",
            "git commit -qam x"
        ),
        GitTrap("an ext:: remote", "git config protocol.ext.allow always", "git ls-remote \"ext::$MARK\""),
        GitTrap(
            "a .gitconfig in the workspace, which is the home",
            "git config -f .gitconfig core.fsmonitor \"$MARK\"",
            "git status"
        ),
        GitTrap(
            "a repository inside that is not called .git",
            "cp -r .git bare; git config -f bare/config core.fsmonitor \"$MARK\"; git config -f bare/config core.worktree ..",
            "cd bare && git status"
        ),
    ]

    static let hasGit: Bool = ["/usr/bin", "/usr/local/bin", "/bin"].contains { access($0 + "/git", X_OK) == 0 }
}

@Suite("git in a stranger's repository", .enabled(if: GitTrap.hasGit, "git is not installed"), .timeLimit(.minutes(5)))
struct GitGuardTests {
    private static let identity = [
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@a.example", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@a.example",
    ]

    /// A workspace that is a repository with two commits, a change, and a trap.
    private static func repository(_ scene: Scene, _ trap: GitTrap?) async throws {
        try scene.put("mark", "#!/bin/sh\n: > '\(scene.root)/marker'\nexit 1\n")
        let lines = """
            chmod +x mark; git init -q . && echo a > file && git add file && git commit -qm a && git commit -q --allow-empty -m b
            echo b >> file; MARK="$PWD/mark"; \(trap?.setUp ?? ":")
            """
        let made = try await scene.call("shell", ["command": .string("rm -f marker; " + lines)])
        try #require(!made.isError, "\(made.content)")
        _ = try await scene.call("shell", ["command": "rm -f marker"])
    }

    private static func run(_ scene: Scene, _ command: String, bare: Bool) async throws -> String {
        let keep =
            "PATH=\"$PATH\" HOME=\"$HOME\" GIT_TERMINAL_PROMPT=0 "
            + identity.map { "\($0)=\($1)" }.joined(separator: " ")
        try scene.put("run.sh", "MARK='\(scene.root)/mark'\n" + command)
        let line = (bare ? "env -i \(keep) " : "") + "sh run.sh"
        return try await scene.call("shell", ["command": .string(line)], timeout: .seconds(30)).content
    }

    @Test(arguments: GitTrap.all)
    func runsNothingThatTheRepositoryBrings(trap: GitTrap) async throws {
        let scene = try Scene(environment: Self.identity)
        try await Self.repository(scene, trap)
        let output = try await Self.run(scene, trap.command, bare: false)
        #expect(scene.text("marker") == nil, "\(output)")
        // The trap is one: without the variables it snaps.
        let other = try Scene(environment: Self.identity)
        try await Self.repository(other, trap)
        let control = try await Self.run(other, trap.command, bare: true)
        #expect(other.text("marker") != nil, "\(control)")
    }

    @Test(arguments: Cage.limited)
    func worksAsEver(cage: Cage) async throws {
        let scene = try cage.scene(environment: Self.identity)
        let line = """
            git init -q . && echo a > f && git add f && git commit -qm first && echo b >> f && git diff && git commit -qam second \
            && git checkout -q -b other && git log --format=%s && git status --short
            """
        let output = try await scene.call("shell", ["command": .string(line)])
        #expect(!output.isError && output.content.contains("+b\n") && output.content.hasSuffix("second\nfirst\n"))
    }

    @Test func showsDifferencesWhereARepositoryNamesAProgramForThem() async throws {
        let scene = try Scene(environment: Self.identity)
        try await Self.repository(scene, GitTrap("", "git config diff.external \"$MARK\"", ""))
        let output = try await Self.run(scene, "git diff", bare: false)
        #expect(
            output.contains("--- a/file") && output.contains("+++ b/file") && output.contains("\n+b\n"),
            "\(output)"
        )
        let patched = try await Self.run(
            scene,
            "git diff file > p && git checkout -q file && git apply p && tail -1 file",
            bare: false
        )
        #expect(patched == "b\n")
    }

    @Test func letsTheOwnerDecide() async throws {
        let scene = try Scene(environment: ["GIT_PAGER": "less", "GIT_CONFIG_VALUE_0": "hooks"])
        let lines = try await scene.call("run_program", ["arguments": ["env"]]).content.split(separator: "\n")
        #expect(lines.contains("GIT_PAGER=less") && lines.contains("GIT_CONFIG_VALUE_0=hooks"))
        #expect(lines.contains("GIT_EDITOR=:") && lines.contains("GIT_CONFIG_KEY_0=core.hooksPath"))
    }
}
