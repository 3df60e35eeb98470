/// What brings events of older programs up to date, a step for each version.
///
/// A step works on JSON, with the names and defaults of its own time: types may go on changing after it.
enum EventUpgrade {
    /// From version 1 to 2: an agent has several models; failures say what is done about them.
    @Sendable
    static func toSeveralModels(kind: String, body: inout JSONValue) {
        guard case .object(var members) = body else { return }
        switch kind {
        case "agent.configured":
            members["models"] = .array([members.removeValue(forKey: "model") ?? "reflex"])
            members["policy"] = members["policy"]?
                .adding(["imageBytes": 16_777_216, "approvalTime": 604_800_000], to: "limits")
                .adding(["unavailable": "fail", "parkTime": 86_400_000], to: "retry")
        case "model.failed":
            let moment = members.removeValue(forKey: "retryAt")
            members["next"] = moment.map { ["kind": "retry", "at": $0] } ?? ["kind": "giveUp"]
        default: return
        }
        body = .object(members)
    }

    /// From version 2 to 3: agents remember by themselves, which older ones did not; memories may say more about themselves, and
    /// what older ones don't say may stay unsaid.
    @Sendable
    static func toRicherMemories(kind: String, body: inout JSONValue) {
        guard kind == "agent.configured", case .object(var members) = body,
            case .object(var policy) = members["policy"], policy["memory"] == nil
        else { return }
        policy["memory"] = [
            "recalls": false, "recallCount": 8, "recallTokens": 800, "recallRelevance": 34, "learning": "off",
            "learningTokens": 1024, "blocks": 16, "blockBytes": 4096,
        ]
        members["policy"] = .object(policy)
        body = .object(members)
    }

    /// From version 3 to 4: long conversations are summarised, memories are merged and age, and there are peers; older agents
    /// had nothing of that.
    @Sendable
    static func toTidyMemories(kind: String, body: inout JSONValue) {
        guard kind == "agent.configured", case .object(var members) = body else { return }
        members["policy"] = members["policy"]?
            .adding(
                [
                    "compaction": "off", "summaryTokens": 1024, "consolidation": "off", "consolidateAfter": 50,
                    "ageDays": 365,
                ],
                to: "memory"
            )
        if case .object(var policy) = members["policy"], policy["peers"] == nil {
            policy["peers"] = []
            members["policy"] = .object(policy)
        }
        body = .object(members)
    }

    /// From version 4 to 5: agents ask each other, publish, make children, look after others, and messages may join an open turn;
    /// older agents did nothing of that.
    @Sendable
    static func toSocieties(kind: String, body: inout JSONValue) {
        guard kind == "agent.configured" else { return }
        let supervision: JSONValue = [
            "agents": [], "strategy": "one_for_one", "restarts": 3, "within": 60_000, "backoff": 100,
        ]
        body =
            body.adding(
                [
                    "topics": [], "templates": [], "sharesWorkspace": false, "monitors": [], "links": [],
                    "supervision": supervision, "inbox": "wait",
                ],
                to: "policy"
            )
            .changing("policy") { policy in
                policy.adding(
                    [
                        "askTime": 600_000, "children": 8, "treeAgents": 16, "depth": 3, "rounds": 6,
                        "messagesPerHour": 1000,
                    ],
                    to: "limits"
                )
            }
    }
}

extension JSONValue {
    /// The object with one of its members changed; as it is when there is no such member.
    fileprivate func changing(_ key: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(var members) = self, let inner = members[key] else { return self }
        members[key] = change(inner)
        return .object(members)
    }

    /// The object with more members in one of its objects; those that are there stay.
    fileprivate func adding(_ more: [String: JSONValue], to key: String) -> JSONValue {
        guard case .object(var members) = self, case .object(let inner) = members[key] else { return self }
        members[key] = .object(inner.merging(more) { there, _ in there })
        return .object(members)
    }
}
