import AnimaCore
import Foundation
import Testing

/// Making children, waiting for them and ending them, by the rules alone.
@Suite("Children")
struct ChildTests {
    private static let researcher = try? AgentID("researcher")

    /// A parent with an open turn, which may make children after `researcher`.
    private func parent(_ change: (inout AgentPolicy) -> Void = { _ in }) throws -> MessageScene {
        try MessageScene("lead", peers: [], budget: 1000) { policy in
            policy.templates = [Self.researcher].compactMap(\.self)
            change(&policy)
        }
    }

    private func request(
        _ task: String = "find out",
        tools: [String]? = nil,
        tokens: Int? = nil,
        timeout: Duration? = nil,
        shared: Bool = false
    ) throws -> ToolOutput {
        var output = ToolOutput.success("")
        output.spawn = SpawnRequest(
            template: try #require(Self.researcher),
            task: task,
            tools: tools,
            tokens: tokens,
            timeout: timeout,
            sharesWorkspace: shared
        )
        return output
    }

    private func waiting(for name: String, timeout: Duration? = nil) throws -> ToolOutput {
        var output = ToolOutput.success("")
        output.wait = .init(for: try AgentID(name), timeout: timeout)
        return output
    }

    /// The child that a parent has sent a task to, awake.
    private func child(of lead: MessageScene, number: Int = 1) throws -> MessageScene {
        let sent = try #require(lead.sent.first { $0.to.name == "lead_\(number)" })
        let birth = try #require(sent.envelope.birth)
        var child = try MessageScene(sent.to.name, peers: [], isBusy: false) { $0 = $0.born(as: birth) }
        child.take(.deliver(sent.envelope))
        #expect(child.receipts.first.flatMap(\.self)?.refusal == nil)
        return child
    }

    private func carry(_ from: inout MessageScene, _ to: inout MessageScene) {
        while let item = from.mind.state.outbox.first(where: { $0.recipient == to.mind.agent }) {
            to.take(.deliver(item.envelope))
            let receipt = to.receipts.first.flatMap(\.self) ?? .refused(.unknownAgent)
            from.take(.settled(.deliver(item.envelope.id, attempt: 1), .delivered(receipt), milliseconds: 1))
        }
    }

    @Test("a child is made in the transaction of its call, with a part of the budget that nobody else may use")
    func makes() throws {
        var lead = try parent()
        try lead.run(request(tokens: 400), request())
        #expect(lead.result(1, 1)?.content.hasPrefix("@lead_1 works on it") == true)
        let first = try #require(lead.sent.first?.envelope)
        let birth = try #require(first.birth)
        #expect(birth.parent.name == "lead" && birth.tools == ["tell"] && birth.tokens == 400 && first.budget == 400)
        #expect(first.kind == .task && first.trust == .agent && first.hops == 1 && first.deadline != nil)
        // Half of the 600 that are left.
        #expect(lead.sent.last?.envelope.birth?.tokens == 300)
        let turn = try #require(lead.mind.state.turns.first)
        #expect(lead.mind.state.remaining(of: turn, at: lead.now).tokens == 300)
        #expect(lead.mind.state.awaited.map(\.name) == ["lead_1", "lead_2"])
    }

    @Test("a child that may not be made is not, and the model is told which limit it was")
    func refuses() throws {
        func refusal(_ output: ToolOutput, _ change: (inout AgentPolicy) -> Void = { _ in }) throws -> String {
            var lead = try parent(change)
            try lead.run(output)
            #expect(lead.sent.isEmpty && lead.result?.outcome == .failed && lead.mind.state.children.isEmpty)
            return lead.result?.content ?? ""
        }
        #expect(try refusal(request()) { $0.templates = [] }.contains("peers.spawn"))
        #expect(try refusal(request()) { $0.limits.depth = 0 }.contains("limits.depth"))
        #expect(try refusal(request()) { $0.limits.children = 0 }.contains("limits.children = 0"))
        #expect(try refusal(request()) { $0.limits.treeAgents = 0 }.contains("limits.tree_agents = 0"))
        #expect(try refusal(request(tokens: 1001)).contains("1001 tokens, and 1000 are left"))
        #expect(try refusal(request(tools: ["shell"])).contains("no tool \"shell\""))
        #expect(try refusal(request(shared: true)).contains("peers.share_workspace"))
    }

    @Test("generations and agents of a tree are bounded from its root, whatever templates say")
    func boundsTrees() throws {
        var lead = try parent { policy in
            policy.limits.depth = 1
            policy.limits.treeAgents = 3
        }
        try lead.run(request(), request())
        #expect(lead.sent.map { $0.envelope.birth?.agents } == [1, 0])
        #expect(lead.sent.allSatisfy { $0.envelope.birth?.generations == 0 })
        try lead.run(request())
        #expect(lead.sent.count == 2 && lead.result?.content.contains("limits.tree_agents") == true)
    }

    @Test("the end of its task is the child's report: a message, or the result of the call that waits for it")
    func reports() throws {
        var lead = try parent()
        try lead.run(request(tokens: 400), request(tokens: 100))
        var (first, second) = (try child(of: lead), try child(of: lead, number: 2))
        try lead.run(waiting(for: "lead_1"))
        carry(&lead, &first)
        carry(&lead, &second)
        #expect(lead.mind.state.parking(at: lead.now) == .peer && lead.result(2, 1) == nil)
        try first.end("It is blue.", usage: Usage(inputTokens: 90, outputTokens: 10))
        carry(&first, &lead)
        #expect(lead.result(2, 1)?.content == "It is blue." && lead.result(2, 1)?.trust == .agent)
        let turn = try #require(lead.mind.state.turns.first)
        // What it did not use is free again, what it used is used.
        #expect(turn.usage.total == 100 && lead.mind.state.remaining(of: turn, at: lead.now).tokens == 800)
        // Nobody waits for the second one: its report is a message, which joins the turn at its next step.
        try second.end("It is red.")
        carry(&second, &lead)
        #expect(lead.mind.state.inbox.map(\.envelope.kind) == [.childReport] && lead.mind.state.openChildren.isEmpty)
        lead.say([])
        #expect(lead.mind.state.turns.first?.joined.map(\.envelope.text) == ["It is red."])
    }

    @Test("a report that came before it was waited for is the result at once, and is not shown again")
    func findsReports() throws {
        var lead = try parent { $0.inbox = .wait }
        try lead.run(request())
        var made = try child(of: lead)
        carry(&lead, &made)
        try made.end("done")
        carry(&made, &lead)
        #expect(lead.mind.state.inbox.count == 1)
        try lead.run(waiting(for: "lead_1"))
        #expect(lead.result?.content == "done" && lead.mind.state.inbox.isEmpty)
    }

    @Test("a child takes its task once, ends with it, and takes nothing more")
    func endsWithItsTask() throws {
        var lead = try parent()
        try lead.run(request())
        var made = try child(of: lead)
        let task = try #require(lead.sent.first?.envelope)
        made.take(.deliver(task))
        #expect(made.receipts == [.duplicate])
        made.take(
            .deliver(
                Envelope(
                    id: try EnvelopeID("more"),
                    conversation: try ConversationID("other"),
                    text: "more",
                    sentAt: made.now
                )
            )
        )
        try made.end("done")
        let report = try #require(made.sent.last?.envelope)
        #expect(report.kind == .childReport && report.report?.end == .answered && report.parent == task.id)
        #expect(made.mind.state.inbox.isEmpty && made.mind.state.turns.isEmpty)
        made.take(.deliver(task))
        #expect(made.receipts == [.duplicate])
        made.take(.deliver(Envelope(id: try EnvelopeID("late"), text: "late", sentAt: made.now)))
        #expect(made.receipts == [.refused(.hasEnded)])
    }

    @Test("a task for a child is taken by nobody else: not by an agent of that name, nor by another one's child")
    func knowsItsParent() throws {
        var lead = try parent()
        try lead.run(request())
        let sent = try #require(lead.sent.first)
        var other = try MessageScene("lead_1", peers: ["lead"], isBusy: false)
        other.take(.deliver(sent.envelope))
        #expect(other.receipts == [.refused(.nameTaken)])
        lead.take(.settled(.deliver(sent.envelope.id, attempt: 1), .delivered(.refused(.nameTaken)), milliseconds: 1))
        #expect(lead.mind.state.openChildren.isEmpty && lead.mind.state.children.first?.report?.end.name == "failed")
    }

    @Test("a stopped child ends its turns, drops what waits, and reports that")
    func stops() throws {
        var lead = try parent()
        try lead.run(request())
        var made = try child(of: lead)
        carry(&lead, &made)
        try lead.run(waiting(for: "lead_1"))
        var order = ToolOutput.success("told")
        order.send = [OutgoingMessage(to: made.mind.agent, .stop, text: "stop")]
        made.take(.deliver(Envelope(id: try EnvelopeID("x"), kind: .stop, text: "stop", sentAt: made.now)))
        #expect(made.receipts.first.flatMap(\.self)?.refusal != nil)
        let envelope = Envelope(
            id: try EnvelopeID("stop"),
            kind: .stop,
            sender: .agent(lead.mind.agent),
            text: "stop",
            sentAt: made.now
        )
        made.take(.deliver(envelope))
        #expect(made.mind.state.turns.isEmpty)
        carry(&made, &lead)
        #expect(lead.result?.outcome == .failed && lead.result?.content.contains("did not come to an answer") == true)
    }

    @Test("a child that ends ends its own children, and what they may still use counts as used")
    func endsTrees() throws {
        var lead = try parent()
        try lead.run(request(tokens: 500))
        var made = try child(of: lead)
        #expect(made.mind.state.policy.birth?.generations == 2)
        made.take(.configure(policyThatSpawns(made.mind.state.policy), models: ["m"]))
        try made.run(request(tokens: 200))
        try made.end("half done", usage: Usage(inputTokens: 10))
        #expect(made.sent.map(\.envelope.kind) == [.task, .stop, .childReport])
        #expect(made.sent.last?.envelope.report?.usage.total == 210)
    }

    private func policyThatSpawns(_ policy: AgentPolicy) -> AgentPolicy {
        var policy = policy
        policy.templates = [Self.researcher].compactMap(\.self)
        return policy
    }

    @Test("a child of which nothing is heard is given up long after its deadline, and all of its budget counts as used")
    func losesChildren() throws {
        var lead = try parent()
        try lead.run(request(tokens: 400, timeout: .seconds(10)))
        let usage = lead.mind.state.usage.total
        let task = try #require(lead.sent.first?.envelope.id)
        lead.take(.settled(.deliver(task, attempt: 1), .delivered(.accepted(seq: 1)), milliseconds: 1))
        lead.now = lead.now + .seconds(129)
        lead.take(.look)
        #expect(lead.mind.state.openChildren.count == 1)
        lead.now = lead.now + .seconds(1)
        lead.take(.look)
        #expect(lead.mind.state.openChildren.isEmpty && lead.mind.state.usage.total == usage + 400)
    }

    @Test("what a child may do is what both its gate and its parent's allow")
    func keepsBothGates() throws {
        var lead = try parent { $0.gate = Gate(rules: [.init(.allow, "*"), .init(.deny, "tell")]) }
        lead.take(.look)
        var generous = try parent()
        try generous.run(request())
        let birth = try #require(generous.sent.first?.envelope.birth)
        let strict = Birth(
            parent: birth.parent,
            template: birth.template,
            tools: birth.tools,
            gates: [.init(lead.mind.state.policy.gate)],
            tokens: birth.tokens
        )
        var made = try MessageScene("lead_1", peers: [], isBusy: false) { $0 = $0.born(as: strict) }
        made.take(
            .deliver(
                Envelope(
                    id: try EnvelopeID("task"),
                    sender: .agent(birth.parent),
                    text: "go",
                    sentAt: made.now,
                    birth: strict
                )
            )
        )
        made.say([])
        #expect(made.result?.outcome == .denied)
    }

    @Test("what a grandparent denies is denied to grandchildren, and no grant of the owner's leads past a denial")
    func keepsAllGates() throws {
        let strict = Gate(rules: [.init(.allow, "*"), .init(.deny, "post")])
        let birth = Birth(
            parent: try AgentID("lead"),
            template: try #require(Self.researcher),
            tools: ["post", "tell"],
            gates: [.init(strict, grants: [.init(.allow, "post:x*")])],
            tokens: 1000,
            generations: 2,
            agents: 4
        )
        // Its own gate allows everything, and so does its template's.
        var middle = try parent { policy in
            policy.birth = birth
            policy.limits.depth = 3
        }
        try middle.run(request())
        let below = try #require(middle.sent.first?.envelope.birth, "\(middle.result?.content ?? "")")
        #expect(below.gates?.count == 2 && below.gates?.last == birth.gates?.first)
        let read = try JSONDecoder().decode(Birth.self, from: JSONEncoder().encode(below))
        #expect(read == below)
        let spec = ToolSpec(
            name: "post",
            group: "http",
            description: "",
            parameters: ArgumentSchema([.init("text", .string(), "", required: true)]),
            replay: .pure,
            gateArgument: "text"
        )
        for gates in [middle.mind.state.gates, Gates(Gate(rules: [.init(.allow, "*")]), above: below.gates ?? [])] {
            guard case .denied = gates.decide(spec, ["text": "xyz"], untrusted: nil) else {
                Issue.record("post was not denied")
                continue
            }
        }
    }

    @Test("who waits for an agent that is given up waits no longer")
    func losesPeers() throws {
        var lead = try parent { $0.peers = [Self.researcher].compactMap(\.self) }
        try lead.run(request())
        var asking = ToolOutput.success("")
        asking.send = [.question("?", to: "researcher")]
        try lead.run(waiting(for: "lead_1"), asking)
        lead.take(.lose(try AgentID("researcher"), reason: "its disk is full"))
        lead.take(.lose(try AgentID("lead_1"), reason: "its disk is full"))
        #expect(lead.result(2, 1)?.content == "@lead_1 is down: its disk is full")
        #expect(lead.result(2, 2)?.content == "@researcher is down: its disk is full")
        #expect(lead.mind.state.openChildren.isEmpty)
    }
}
