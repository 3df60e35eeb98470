import AnimaCore
import AnimaTesting
import Testing

/// What is done about agents that go down, by the rules alone.
@Suite("A supervisor")
struct SupervisorTests {
    private static let names = ["a", "b", "c", "d"].compactMap { try? AgentID($0) }
    private let start = Instant(microseconds: 1_795_400_890_000_000)
    private let fault = AgentDown(.fault, "the disk is full")

    private func supervisor(_ strategy: SupervisionPolicy.Strategy, restarts: Int = 3) -> Supervisor {
        var policy = SupervisionPolicy()
        policy.agents = Self.names
        policy.strategy = strategy
        policy.restarts = restarts
        return Supervisor(policy)
    }

    private func text(_ actions: [Supervisor.Action]) -> String {
        actions.map { action in
            switch action {
            case .stop(let id): "-\(id)"
            case .start(let id, _): "+\(id)"
            case .leave(let id): "!\(id)"
            case .escalate: "^"
            }
        }
        .joined(separator: " ")
    }

    @Test(
        "starts again whom the strategy names: stops the last first, and starts in order",
        arguments: [
            (SupervisionPolicy.Strategy.oneForOne, "b", "+b"), (.oneForAll, "b", "-d -c -a +a +b +c +d"),
            (.restForOne, "b", "-d -c +b +c +d"), (.restForOne, "d", "+d"), (.restForOne, "a", "-d -c -b +a +b +c +d"),
            (.oneForOne, "x", ""),
        ]
    )
    func restarts(_ strategy: SupervisionPolicy.Strategy, _ name: String, _ expected: String) throws {
        var supervisor = supervisor(strategy)
        #expect(text(supervisor.wentDown(try AgentID(name), fault, at: start)) == expected)
    }

    @Test("waits twice as long before each further restart, and forgets those that are long ago")
    func backsOff() {
        var supervisor = supervisor(.oneForOne)
        var waits: [Duration] = []
        for second in [0, 1, 2, 62] {
            let actions = supervisor.wentDown(Self.names[0], fault, at: start + .seconds(second))
            for case .start(_, let wait) in actions { waits.append(wait) }
        }
        #expect(waits == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(100)])
    }

    @Test("gives all up after more restarts than may be in that time, and does nothing more")
    func givesUp() {
        var supervisor = supervisor(.oneForOne, restarts: 2)
        _ = supervisor.wentDown(Self.names[0], fault, at: start)
        _ = supervisor.wentDown(Self.names[1], fault, at: start + .seconds(1))
        let actions = supervisor.wentDown(Self.names[0], fault, at: start + .seconds(2))
        #expect(text(actions) == "-d -c -b ^" && supervisor.hasEscalated)
        guard case .escalate(let reason) = actions.last else { return }
        #expect(reason.contains("@a went down (the disk is full) after 2 restarts within 60 s"))
        #expect(supervisor.wentDown(Self.names[2], fault, at: start + .seconds(3)).isEmpty)
    }

    @Test("never starts what can't be read: the others go on, unless they need it")
    func leavesTheUnreadable() {
        let unreadable = AgentDown(.unreadable, "the life is damaged")
        var alone = supervisor(.oneForOne)
        #expect(text(alone.wentDown(Self.names[1], unreadable, at: start)) == "!b" && !alone.hasEscalated)
        var together = supervisor(.oneForAll)
        #expect(text(together.wentDown(Self.names[1], unreadable, at: start)) == "-d -c -a ^")
    }

    @Test("in no history are there more restarts within the time than may be, and each that goes down is seen to")
    func keepsItsIntensity() {
        for seed in UInt64(1)...500 {
            var chance = SeededGenerator(seed: seed)
            let strategy = SupervisionPolicy.Strategy.allCases.randomElement(using: &chance) ?? .oneForOne
            let most = Int.random(in: 0...5, using: &chance)
            var supervisor = supervisor(strategy, restarts: most)
            var now = start
            var restarts: [Instant] = []
            var up = Set(Self.names)
            while !supervisor.hasEscalated, restarts.count < 50 {
                now = now + .seconds(Int.random(in: 0...40, using: &chance))
                guard let agent = up.sorted().randomElement(using: &chance) else { break }
                up.remove(agent)
                let actions = supervisor.wentDown(agent, fault, at: now)
                #expect(!actions.isEmpty, "seed \(seed)")
                for action in actions {
                    switch action {
                    case .stop(let id): #expect(up.remove(id) != nil, "seed \(seed): \(id) is stopped and was not up")
                    case .start(let id, let wait):
                        #expect(up.insert(id).inserted, "seed \(seed): \(id) is started twice")
                        #expect(wait <= .seconds(60))
                    case .leave, .escalate: break
                    }
                }
                if case .start = actions.last { restarts.append(now) }
                #expect(restarts.filter { now - $0 < .seconds(60) }.count <= most, "seed \(seed)")
                #expect(supervisor.up == up, "seed \(seed)")
                #expect(supervisor.hasEscalated ? up.isEmpty : up.count == Self.names.count, "seed \(seed)")
            }
        }
    }
}
