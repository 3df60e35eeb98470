import Anima
import AnimaCore
import ArgumentParser

/// `anima trust`: which configuration files may have what reaches beyond their directory.
struct TrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Trust a configuration file as it is now.",
        discussion: """
            A file that came with a project may be a stranger's. Until you trust it, it gets no secrets, no variables, no hosts, no \
            weaker sandbox, and sends conversations to no other server. Read it first. When it changes it has to be trusted again.

            Examples:
              anima trust examples/clerk.toml
              anima trust --list
              anima trust examples/clerk.toml --forget
            """
    )

    @Argument(help: "The file.", completion: .file(extensions: ["toml"]))
    var file: String?

    @Flag(help: "List the trusted files.")
    var list = false

    @Flag(help: "Trust the file no longer.")
    var forget = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard list ? file == nil && !forget : file != nil else { throw ValidationError("name one file, or say --list") }
    }

    func run() async throws {
        let composition = try common.composition()
        let trusted = composition.trusted
        guard let file else {
            for entry in try trusted.entries() { try show(entry, trusted) }
            return
        }
        if forget {
            guard try trusted.remove(file) else { throw UsageError("\(file) was not trusted; see: anima trust --list") }
            return Terminal.current.line("no longer trusted: \(file)", to: .error)
        }
        // Said before it is so: what the owner agrees to.
        let demands = try composition.configuration(file: file).demands
        try trusted.add(file)
        for demand in demands { Terminal.current.line("\(demand)", to: .error, .yellow) }
        Terminal.current.line("trusted as it is now: \(file)", to: .error)
    }

    private func show(_ entry: TrustedFiles.Entry, _ trusted: TrustedFiles) throws {
        let isSame = try trusted.contains(entry.path)
        guard !json else {
            return Terminal.current.json(["path": .string(entry.path), "unchanged": .bool(isSame)])
        }
        Terminal.current.line(entry.path + (isSame ? "" : " (changed since; trusted no more)"), to: .output)
    }
}
