import Anima
public import AnimaCore
import AnimaRuntime
import AnimaStore
public import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The options of every command that touches the home.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where agents live. Default: $ANIMA_HOME, or ~/.anima.", valueName: "directory"))
    var home: String?

    /// Parts that all commands are made of.
    func composition(recorder: CassetteRecorder? = nil) throws -> Composition {
        let environment = ProcessEnvironment.variables
        return Composition(
            home: try AnimaHome(path: home, environment: environment),
            environment: environment,
            recorder: recorder
        )
    }

    /// An agent's life, to be read; other processes may write it meanwhile.
    func reader(of id: AgentID) throws -> SQLiteLife {
        let home = try composition().home
        let path = home.lifePath(of: id)
        guard FilePath.exists(path) else {
            let names = try home.agents().map(\.name)
            guard !names.contains(id.name) else {
                throw UsageError(
                    "\"\(id)\" has not lived yet: its life begins with its first task (anima run \(id) \"…\")"
                )
            }
            let hint = Spelling.closest(to: id.name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            let list = names.isEmpty ? "there are none yet" : "there are: \(names.joined(separator: ", "))"
            throw UsageError("there is no life of \"\(id)\" at \(path)\(hint) (\(list))")
        }
        return try SQLiteLife.openReader(at: path)
    }

    /// Does some reading of an agent's life, which others may write meanwhile.
    func reading<Value>(_ agent: AgentID, _ body: (SQLiteLife) async throws -> Value) async throws -> Value {
        try await Self.using(try reader(of: agent), body)
    }

    /// Does some work as the writer of an agent's life.
    ///
    /// - Parameter begins: Whether the life of an agent that is made, and has not lived yet, begins with it.
    /// - Throws: ``StoreError`` `.locked` when another process holds it.
    func writing<Value>(
        _ agent: AgentID,
        begins: Bool = false,
        _ body: (SQLiteLife) async throws -> Value
    ) async throws -> Value {
        let home = try composition().home
        let path = home.lifePath(of: agent)
        if begins, !FilePath.exists(path), FilePath.exists(home.agentFilePath(of: agent)) {
            return try await Self.using(try SQLiteLife.open(at: path, agent: agent, mode: .create)) { life in
                try await life.begin(as: agent)
                return try await body(life)
            }
        }
        // Fails with the list of lives when there is none.
        await (try reader(of: agent)).close()
        return try await Self.using(try SQLiteLife.open(at: path, agent: agent, mode: .existing), body)
    }

    private static func using<Value>(
        _ life: SQLiteLife,
        _ body: (SQLiteLife) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(life)
            await life.close()
            return value
        } catch {
            await life.close()
            throw error
        }
    }
}

extension SQLiteLife {
    /// Gives the life an identity of its own; that of a copy, so that its effects are not taken for its parent's.
    func begin(as agent: AgentID, copiedFrom parent: LifeID? = nil) async throws {
        var generator = SystemRandomNumberGenerator()
        let now = SystemClock().now
        let life = LifeID(IdentifierSource.make(at: now, using: &generator))
        let last = try await info().events
        let fact = Fact.lifeBegan(.init(life: life, program: Composition.version, parent: parent))
        try await append([fact], of: agent, cause: last > 0 ? last : nil, at: now)
    }

    /// Appends what the owner did, in order, all or nothing.
    ///
    /// - Parameter cause: The event that caused it; nil for none in the life.
    /// - Returns: The events, with their numbers.
    @discardableResult
    func append(_ facts: [Fact], of agent: AgentID, cause: Int? = nil, at now: Instant = SystemClock().now) async throws
        -> [Event]
    {
        let last = try await info().events
        let events = facts.enumerated()
            .map { index, fact in Event(seq: last + 1 + index, at: now, agent: agent, cause: cause, fact: fact) }
        try await append(LifeBatch(events: events))
        return events
    }
}

extension Composition {
    /// The agent that a person means by a configuration file or a name.
    ///
    /// - Throws: ``UsageError`` for a file that names no agent; what reading the configuration throws.
    func agent(
        _ target: String,
        overrides: [ConfigurationOverride] = []
    ) throws -> (id: AgentID, configuration: AgentConfiguration) {
        if !FilePath.exists(target), let id = try? AgentID(target) {
            return (id, try configuration(of: id, overrides: overrides))
        }
        let configuration = try configuration(file: target, overrides: overrides)
        guard let id = configuration.name else {
            throw UsageError("\(target) names no agent; add: [agent] name = \"…\"")
        }
        return (id, configuration)
    }
}

/// The environment variables of this process.
enum ProcessEnvironment {
    static let variables: [String: String] = {
        var result: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            pointer += 1
        }
        return result
    }()
}

extension Terminal {
    /// The terminal of this process.
    static let current = Terminal(environment: ProcessEnvironment.variables)
}

extension AgentID: ExpressibleByArgument {
    public init?(argument: String) {
        guard let id = try? AgentID(argument) else { return nil }
        self = id
    }
}

extension AgentID {
    /// How shell completion finds agents.
    static var completion: CompletionKind {
        .custom { _, _, prefix in
            guard let home = try? AnimaHome(environment: ProcessEnvironment.variables),
                let agents = try? home.agents()
            else { return [] }
            return agents.map(\.name).filter { $0.hasPrefix(prefix) }
        }
    }
}
