import Anima
import AnimaCore
import AnimaRuntime
import AnimaStore
import ArgumentParser
import Synchronization

/// One command's work with all agents of the home.
struct Household {
    private let options: WorkOptions
    private let composition: Composition
    private let terminal = Terminal.current

    init(_ options: WorkOptions) throws {
        self.options = options
        composition = try options.composition()
    }

    /// Lets all agents go on that were left something to do, until none can, and shows their answers.
    func resume() async throws {
        let names = try composition.home.agentsThatMayOweWork()
        let live = Broadcast()
        let heard = live.listen(capacity: 65_536)
        let console = Console(terminal, options)
        let runtime = Runtime(
            describe: { composition.card(ofPeer: $0, beside: nil) },
            report: { console.show($0) },
            retire: { composition.retire($0) },
            open: { id, birth in
                try await composition.residence(ofPeer: id, bornAs: birth, beside: nil, live: live)
            }
        )
        let interrupts = Interrupts()
        defer { interrupts.end() }
        let left = await withTaskGroup(of: Void.self, returning: Left.self) { group in
            group.addTask {
                for await event in heard {
                    if case .committed(let event) = event { console.showAnswer(event) }
                }
            }
            group.addTask {
                for await _ in interrupts.first {
                    console.interrupt()
                    terminal.line("\nstopping; press Ctrl-C again to end at once", to: .error, .yellow)
                    try? await runtime.cancel(by: "the owner (Ctrl-C)")
                }
            }
            let left = await work(names, runtime)
            await runtime.shutdown()
            live.finish()
            interrupts.end()
            await group.waitForAll()
            return left
        }
        if console.isInterrupted { throw CommandExit.interrupted }
        if left.failures > 0 { throw CommandExit.failed }
        if left.parked > 0 { throw CommandExit.parked }
        if let end = console.worstEnd { throw CommandExit.code(for: end) }
    }

    /// What was not finished.
    private struct Left {
        var failures = 0
        var parked = 0
    }

    private func owesWork(_ id: AgentID) async throws -> Bool {
        try await options.common.reading(id) { life in
            let state = try await life.wake().state()
            return !state.owed(at: SystemClock().now).isEmpty
        }
    }

    private func work(_ names: [AgentID], _ runtime: Runtime) async -> Left {
        var left = Left()
        var awake = 0
        for id in names {
            do {
                do {
                    let agent = try await runtime.agent(id)
                    if await !agent.isAtRest { awake += 1 }
                } catch let error as AgentError where error.code == .unknownAgent {
                    guard try await owesWork(id) else { continue }
                    left.parked += 1
                    let way = "anima resume FILE, with the file that says what it is"
                    terminal.line(
                        "@\(id) was left something to do and has no agent.toml in the home: \(way)",
                        to: .error,
                        .yellow
                    )
                }
            } catch {
                left.failures += 1
                terminal.line("@\(id) can't go on: \(error)", to: .error, .red)
            }
        }
        if awake == 0, left.failures + left.parked == 0 { terminal.line("nothing to resume", to: .error, .dim) }
        do {
            try await runtime.rest(orParkedFor: options.wait ? [.owner, .peer] : [.owner, .model, .peer])
        } catch {
            left.failures += 1
            terminal.line("error: \(error)", to: .error, .red)
        }
        for id in await runtime.awake {
            guard let agent = try? await runtime.agent(id), let parking = await agent.parking else { continue }
            left.parked += 1
            let what =
                switch parking {
                case .owner: "waits for your answer: anima approvals \(id)"
                case .model: "waits for a model that does not answer"
                case .peer: "waits for other agents"
                }
            terminal.line("@\(id) \(what)", to: .error, .yellow)
        }
        return left
    }
}
