import Anima
import Foundation
import GRDB

/// What messages between agents cost.
enum Messages {
    static func measure(into report: inout Report, scratch: String) async throws {
        try await ring(of: 1000, ways: 40, into: &report)
        try await asking(into: &report)
        try await durable(.normal, agents: 100, perAgent: 50, scratch: "\(scratch)/normal", into: &report)
        try await durable(.full, agents: 1000, perAgent: 2, scratch: "\(scratch)/full", into: &report)
        try bareLoop("NORMAL", rows: 20_000, scratch: scratch, into: &report)
        try bareLoop("FULL", rows: 4_000, scratch: scratch, into: &report)
        try await starting(lives: 10_000, withWork: 10, scratch: "\(scratch)/home", into: &report)
    }

    private static func name(_ number: Int) throws -> AgentID { try AgentID("m\(number)") }

    private static func equipment(of number: Int, in count: Int) throws -> Equipment {
        var policy = policy
        let next = try name((number + 1) % count)
        policy.peers = [next, try name((number + count - 1) % count)]
        return Equipment(model: PassingModel(), tools: [PassingTool(next: next)], policy: policy)
    }

    /// Nothing is stopped, and no past is read.
    private static var policy: AgentPolicy {
        var limits = Limits()
        limits.contextTokens = 0
        limits.hops = 256
        limits.rounds = 32
        limits.messagesPerHour = 1_000_000
        limits.mailbox = 100_000
        limits.turnTokens = 1_000_000_000
        limits.steps = 100_000
        return AgentPolicy(limits: limits, gate: Gate(rules: [.init(.allow, "*")]))
    }

    /// Tells around a ring: each message begins a turn, whose one call sends the next one.
    private static func ring(of count: Int, ways: Int, into report: inout Report) async throws {
        let all = try (0..<count).map { try equipment(of: $0, in: count) }
        let runtime = Runtime(seed: 1) { id, _ in
            let number = Int(id.name.dropFirst()) ?? 0
            return .init(store: InMemoryLifeStore(), equipment: all[number])
        }
        for number in 0..<count { _ = try await runtime.agent(try name(number)) }
        // Once around, so that what is loaded lazily is loaded.
        for number in 0..<4 { try await deliver("250", "first-\(number)", to: try name(number * 250), runtime) }
        try await runtime.rest()
        let began = Measure.cpu
        let start = ContinuousClock.now
        for number in 0..<ways { try await deliver("250", "start-\(number)", to: try name(number * 25), runtime) }
        try await runtime.rest()
        let messages = Double(ways * 250)
        report.add(
            "a message in a ring of \(count), turn included, lives in memory, CPU",
            (Measure.cpu - began) / messages,
            "µs"
        )
        let wall = Measure.milliseconds(ContinuousClock.now - start) * 1000 / messages
        report.add("… wall", wall, "µs")
        await runtime.shutdown()
        try await telling(count, into: &report)
    }

    /// Tells without turns: what carrying and taking cost alone.
    private static func telling(_ count: Int, into report: inout Report) async throws {
        let all = try (0..<count).map { try equipment(of: $0, in: count) }
        let runtime = Runtime(seed: 1) { id, _ in
            .init(store: InMemoryLifeStore(), equipment: all[Int(id.name.dropFirst()) ?? 0])
        }
        for number in 0..<count { _ = try await runtime.agent(try name(number)) }
        let began = Measure.cpu
        for round in 0..<20 {
            for number in 0..<count {
                let notice = Envelope(
                    id: try EnvelopeID("n\(round)-\(number)"),
                    kind: .subscription,
                    sender: .agent(try name((number + 1) % count)),
                    text: "news",
                    sentAt: Instant(microseconds: 1),
                    trust: .agent,
                    topics: []
                )
                _ = try await runtime.deliver(notice, to: try name(number))
            }
        }
        report.add(
            "a message that begins nothing, life in memory, CPU",
            (Measure.cpu - began) / Double(20 * count),
            "µs",
            aim: 0.3
        )
        await runtime.shutdown()
    }

    /// A question and its answer: the asker's call, a turn of the other one, the result.
    private static func asking(into report: inout Report) async throws {
        let first = try name(0)
        let second = try name(1)
        var policy = policy
        policy.peers = [first, second]
        let asker = Equipment(model: AskingModel(times: 500), tools: [AskingTool(peer: second)], policy: policy)
        let other = Equipment(model: InstantModel(calls: 0), policy: policy)
        let runtime = Runtime(seed: 1) { id, _ in
            .init(store: InMemoryLifeStore(), equipment: id == first ? asker : other)
        }
        _ = try await runtime.agent(second)
        let began = Measure.cpu
        try await deliver("go", "ask", to: first, runtime)
        try await runtime.rest()
        report.add(
            "a question and its answer, both turns included, lives in memory, CPU",
            (Measure.cpu - began) / 500,
            "µs",
            aim: 1
        )
        await runtime.shutdown()
    }

    /// Messages that are on the disk before they are carried, and again before they are answered for.
    private static func durable(
        _ durability: SQLiteLife.Durability,
        agents count: Int,
        perAgent: Int,
        scratch: String,
        into report: inout Report
    ) async throws {
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let all = try (0..<count).map { try equipment(of: $0, in: count) }
        let runtime = Runtime(seed: 1) { id, _ in
            let life = try SQLiteLife.open(
                at: "\(scratch)/\(id).sqlite",
                agent: id,
                mode: .create,
                durability: durability
            )
            return .init(store: life, equipment: all[Int(id.name.dropFirst()) ?? 0])
        }
        for number in 0..<count { _ = try await runtime.agent(try name(number)) }
        let start = ContinuousClock.now
        let began = Measure.cpu
        // Each begins a way of as many messages.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask { try await deliver("\(perAgent)", "start-\(number)", to: try name(number), runtime) }
            }
            try await group.waitForAll()
        }
        try await runtime.rest()
        let messages = Double(count * perAgent)
        let wall = Measure.milliseconds(ContinuousClock.now - start)
        let which = durability == .full ? "full" : "normal"
        report.add(
            "\(count) agents telling, durability \(which), wall per message, turn included",
            wall * 1000 / messages,
            "µs"
        )
        report.add("… CPU", (Measure.cpu - began) / messages, "µs")
        await runtime.shutdown()
    }

    /// The same bytes as a message's events, one transaction each, in one life: what the disk and SQLite alone cost.
    private static func bareLoop(_ synchronous: String, rows: Int, scratch: String, into report: inout Report) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: "\(scratch)/bare-\(synchronous).sqlite", configuration: configuration)
        try queue.write { try $0.execute(sql: "CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)") }
        let body = String(repeating: "x", count: 512)
        let start = ContinuousClock.now
        for _ in 0..<rows {
            try queue.write { db in
                try db.cachedStatement(sql: "INSERT INTO events (body) VALUES (?)").execute(arguments: [body])
            }
        }
        let wall = Measure.milliseconds(ContinuousClock.now - start) * 1000 / Double(rows)
        report.add("a bare SQLite transaction of 512 B, synchronous = \(synchronous), wall", wall, "µs")
    }

    private static func deliver(_ text: String, _ id: String, to agent: AgentID, _ runtime: Runtime) async throws {
        let envelope = Envelope(id: try EnvelopeID(id), text: text, sentAt: SystemClock().now)
        _ = try await runtime.deliver(envelope, to: agent)
    }

    // MARK: Many lives

    /// Starts a process whose home holds many lives, of which a few have something to do.
    private static func starting(
        lives count: Int,
        withWork: Int,
        scratch: String,
        into report: inout Report
    ) async throws {
        let home = try AnimaHome(path: scratch, environment: [:])
        let equipment = Equipment.instant()
        var generator = SystemRandomNumberGenerator()
        for number in 0..<count {
            let id = try name(number)
            try home.makeDirectory(of: id)
            let life = try SQLiteLife.open(at: home.lifePath(of: id), agent: id, mode: .create, durability: .normal)
            let agent = try await Agent.wake(id, store: life, equipment: equipment, using: &generator)
            await agent.stop()
        }
        let busy = try (0..<withWork).map { try name($0 * (count / withWork)) }
        for id in busy {
            let life = try SQLiteLife.open(at: home.lifePath(of: id), agent: id, mode: .existing)
            let envelope = Envelope(id: try EnvelopeID("work"), text: "go", sentAt: SystemClock().now)
            _ = try await Postbox(of: id, .init(store: life, equipment: equipment)).put([.deliver(envelope)])
            await life.close()
        }
        let start = ContinuousClock.now
        let runtime = Runtime(seed: 1) { id, _ in
            .init(
                store: try SQLiteLife.open(at: home.lifePath(of: id), agent: id, mode: .existing),
                equipment: equipment
            )
        }
        let found = try home.agentsThatMayOweWork()
        for id in found { _ = try await runtime.agent(id) }
        try await runtime.rest()
        let wall = Measure.milliseconds(ContinuousClock.now - start)
        guard found == busy.sorted() else {
            return report.skip("starting with \(count) lives: it found \(found.count)")
        }
        report.add(
            "starting with \(count) lives, \(withWork) of them with work, until that is done, wall",
            wall,
            "ms",
            aim: 1000
        )
        await runtime.shutdown()
    }
}

/// Passes a number on, one less, until it is 0.
private struct PassingModel: ModelProvider {
    var name: String { "passing" }

    func respond(to request: ModelRequest, sink: @escaping @Sendable (ModelDelta) -> Void) async throws -> ModelReply {
        let usage = Usage(inputTokens: 1, outputTokens: 1)
        guard let turn = request.turns.last, turn.steps.isEmpty, let left = Int(turn.input.text), left > 0 else {
            return ModelReply(text: "done", usage: usage)
        }
        return ModelReply(text: "", calls: [.init(tool: "pass", arguments: ["left": .int(left - 1)])], usage: usage)
    }
}

private struct PassingTool: Tool {
    let next: AgentID
    let spec = ToolSpec(
        name: "pass",
        group: "bench",
        description: "Passes a number on.",
        parameters: ArgumentSchema([.init("left", .integer(min: 0, max: 1_000_000), "How often.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        var output = ToolOutput.success("passed")
        output.send = [OutgoingMessage(to: next, text: "\(call.arguments["left"]?.intValue ?? 0)")]
        return output
    }
}

/// Asks so many times in one turn.
private struct AskingModel: ModelProvider {
    let times: Int
    var name: String { "asking" }

    func respond(to request: ModelRequest, sink: @escaping @Sendable (ModelDelta) -> Void) async throws -> ModelReply {
        let usage = Usage(inputTokens: 1, outputTokens: 1)
        let done = request.turns.last?.steps.count ?? 0
        if done >= times { return ModelReply(text: "done", usage: usage) }
        return ModelReply(text: "", calls: [.init(tool: "ask", arguments: ["n": .int(done)])], usage: usage)
    }
}

private struct AskingTool: Tool {
    let peer: AgentID
    let spec = ToolSpec(
        name: "ask",
        group: "bench",
        description: "Asks.",
        parameters: ArgumentSchema([.init("n", .integer(min: 0, max: 1_000_000), "Which one.", required: true)]),
        replay: .pure,
        trust: .owner
    )

    func run(_ call: ToolInvocation) async -> ToolOutput {
        var output = ToolOutput.success("asked")
        output.send = [OutgoingMessage(to: peer, .ask(timeout: nil), text: "\(call.arguments["n"]?.intValue ?? 0)")]
        return output
    }
}
