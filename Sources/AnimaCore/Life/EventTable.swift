extension Fact.Kind {
    /// What it records, in one sentence.
    public var meaning: String {
        switch self {
        case .lifeBegan: "The life began, or goes on as a copy with an identity of its own."
        case .agentConfigured: "What the agent may do, and its model, changed."
        case .agentWoke: "A process took over work that another one had left."
        case .envelopeAccepted: "A task or message was taken; from here on it is not lost."
        case .turnOpened: "Work on an envelope began."
        case .envelopeJoined:
            "A message was taken into an open turn of its conversation; the model sees it at its next step."
        case .envelopeDropped: "The owner took a message that waited out of the inbox (`anima inbox NAME drop`)."
        case .modelReplied: "The model replied, and the gate decided about each call that it asks for."
        case .modelFailed: "A model call failed; it says what is done about it."
        case .approvalAsked: "The owner was asked whether a call may run; the turn waits."
        case .approvalDecided: "The owner answered."
        case .toolStarted: "A call that may not simply be repeated is about to be tried (its intent)."
        case .toolWaiting: "A tool call waits for another agent's answer, which becomes its result."
        case .toolFinished: "A tool call got its one result."
        case .turnClosing: "A turn is to end before its answer; its open calls are being settled."
        case .turnEnded: "A turn ended, with the answer or what there was of one."
        case .memoryStored: "Something was remembered, together with the result of the call that did it."
        case .memoryForgotten: "Memories were forgotten: they stay in the life, and come up no more."
        case .memoryLearned: "An ended turn was learned from; what was worth it stands in `memory.stored` before."
        case .memoryConsolidated:
            "Memories were merged, which stand in `memory.stored` before, and old ones were closed, all in one transaction."
        case .memoryRestored: "Memories that had been closed hold again."
        case .envelopeSent: "The agent sent an envelope to another one; from here on it is not lost."
        case .envelopeDelayed: "An envelope could not be carried to its recipient; it is tried again."
        case .envelopeSettled: "An envelope that was sent was delivered, refused, or given up."
        case .grantsForgotten:
            "Rules that the owner had added by `anima approve --always` are gone (`anima gate forget`)."
        case .topicsChanged: "The agent wants its peers' messages of other topics than before."
        case .childLost: "A child is given up: no report of it came, long after its deadline."
        case .conversationCompacted:
            "A summary took the place of a conversation's older turns in what the model sees; the turns stay in the life."
        case .blockEdited: "A block, which is always in view, was written or emptied."
        case .filesRestored: "The owner had changes of files taken back (`anima undo`)."
        }
    }

    /// What it carries beside the members of every event: name and meaning, in the order of the documentation.
    public var members: [(name: String, meaning: String)] {
        switch self {
        case .lifeBegan:
            [
                ("life", "the identity of the life from here on"), ("program", "the version of anima"),
                ("parent", "the life that it was copied from; absent for a new one"),
            ]
        case .agentConfigured:
            [
                (
                    "policy",
                    "limits, retry policy and gate rules; times in milliseconds, money in millionths of a dollar"
                ),
                ("models", "the models' names, in the order in which they are tried"),
            ]
        case .agentWoke:
            [("program", "the version of anima"), ("openTurns", "the numbers of the turns that were open")]
        case .envelopeAccepted:
            [
                (
                    "envelope",
                    "id, kind, sender, conversation, text, sentAt (microseconds since 1970), hops, trust; parent, "
                        + "deadline, budget, images (hash, mediaType, bytes), answerSchema, origin (the sender's conversation), askers "
                        + "(who waits for the answer), report (end, usage), topics (of a "
                        + "subscription) and birth (what a child is: parent, template, tools, gate, tokens, microdollars, depth, "
                        + "agents, sharesWorkspace) when there are"
                )
            ]
        case .envelopeJoined: [("envelope", "its id")]
        case .envelopeDropped: [("envelope", "its id"), ("by", "who took it out")]
        case .turnOpened: [("envelope", "the id of the envelope that it answers")]
        case .modelReplied:
            [
                ("model", "the model's name"), ("text", "what it said"),
                ("reasoning", "what it thought; absent when it shows nothing"),
                ("keepsake", "origin, parts: what its provider wants back unchanged; absent for most"),
                (
                    "calls",
                    "for each tool call: id, tool, arguments, verdict (kind allowed, asks, denied or invalid, with rule or "
                        + "reason), replay, isExclusive; providerID when the provider gave one"
                ),
                ("stop", "end, toolUse, length or filtered"),
                (
                    "usage",
                    "inputTokens (cachedTokens and cacheWriteTokens of them), outputTokens (reasoningTokens of them), "
                        + "microdollars"
                ),
                ("attempt", "which try it was, from 1"), ("milliseconds", "how long it took"),
                ("notices", "what the owner should know although it succeeded; absent when nothing"),
                ("untrusted", "where untrusted text that the model saw comes from; absent when it saw none"),
                (
                    "recalled",
                    "the memories that came to mind (memory, its number; relevance, in percent); absent when none was looked for"
                ),
            ]
        case .modelFailed:
            [
                ("model", "the model's name"),
                ("error", "code, message; retryAfterMilliseconds when the provider asks"),
                ("attempt", "which try it was, from 1"),
                (
                    "next",
                    "what is done about it: kind retry (at), fallback (model), compact, park (at) or giveUp; times in "
                        + "microseconds since 1970"
                ),
            ]
        case .approvalAsked:
            [
                ("call", "the call's id"), ("tool", "its name"),
                ("circumstances", "what it would run in besides its arguments; what must still be so when it runs"),
                ("expiresAt", "without an answer it is denied then; microseconds since 1970"),
            ]
        case .approvalDecided:
            [
                ("call", "the call's id"), ("decision", "allow or deny"), ("by", "who decided"),
                ("because", "why; absent when nothing was said"),
                ("always", "the rule (action, pattern) that holds from now on; absent for this once"),
            ]
        case .toolStarted: [("call", "the call's id"), ("tool", "its name"), ("attempt", "which try it is, from 1")]
        case .toolWaiting:
            [
                ("call", "the call's id"), ("tool", "its name"), ("envelope", "the question's id"),
                ("from", "who is to answer"), ("until", "when it is waited for no longer"),
            ]
        case .toolFinished:
            [
                ("call", "the call's id"), ("tool", "its name"),
                (
                    "result",
                    "outcome (succeeded, failed, denied, invalid, cancelled, notRun, unknown), content, trust; spill "
                        + "(hash, bytes) when the whole output is kept beside; repetitions when the same call came to the same "
                        + "so often in a row"
                ),
                ("milliseconds", "how long it took"),
                (
                    "changes",
                    "of files, in order: path, kind (created, modified, deleted, moved), from (where a moved one was), "
                        + "before and after (kind file, link or directory, hash, bytes, mode; absent for nothing), "
                        + "isRestorable; the bytes before are kept under their hash; absent when nothing was changed"
                ),
            ]
        case .turnClosing:
            [
                ("end", "how it is to end, as in turn.ended"),
                ("partialText", "what the model had said when it was cut off; absent when nothing"),
            ]
        case .turnEnded:
            [
                ("end", "kind (answered, failed, limit, cancelled), with reason, limit or by"),
                ("text", "the answer, or what there was"), ("steps", "how many model calls"),
                ("usage", "what they cost"),
            ]
        case .memoryStored:
            [
                ("text", "what is remembered"), ("trust", "owner, agent or untrusted"),
                ("call", "the tool call that stored it; absent when it was none"),
                (
                    "kind, subject, importance",
                    "fact (when absent), preference, event or lesson; whom or what it is about; 1 to 10, 5 when absent"
                ),
                ("speaker", "who said it; absent when that is not known"),
                ("source", "the number of the event that it was drawn from; absent when there is none"),
                ("about", "the time that it speaks of (start, end; microseconds since 1970); absent when not known"),
                ("supersedes", "the numbers of the memories that it takes the place of; absent for none"),
                (
                    "learned",
                    "of a merged memory, when the oldest that it was made of was learned (microseconds since 1970); else absent"
                ),
            ]
        case .memoryForgotten:
            [
                ("memories", "their numbers"), ("by", "who had them forgotten"),
                ("reason", "why; absent when nothing was said"),
            ]
        case .memoryLearned:
            [
                ("turn", "the turn"), ("by", "rules, or the model's name"), ("kept", "how many memories came of it"),
                ("refused", "what was not kept, each with text and reason; absent for nothing"),
                ("model", "the model that answered, whether its answer was of use or not; absent for none"),
                ("usage", "what the model call cost, as in model.replied; absent for none"),
                ("problem", "why no model was asked, or what was wrong with its answer; absent for nothing"),
            ]
        case .memoryConsolidated:
            [
                ("merged", "what came of several memories: memory, its number, and from, theirs; empty for nothing"),
                ("aged", "the numbers of those that were closed because they are old and of no use; empty for none"),
                ("by", "rules, or the model's name"),
                (
                    "refused",
                    "what the model proposed and was not done, each with text and reason (sources, trust, trivial, secret, "
                        + "instruction, tooLong, invented, negated); absent for nothing"
                ),
                ("model", "the model that answered, whether its answer was of use or not; absent for none"),
                ("usage", "what the model call cost, as in model.replied; absent for none"),
                ("problem", "why no model was asked, or what was wrong with its answer; absent for nothing"),
            ]
        case .memoryRestored:
            [
                ("memories", "their numbers"), ("by", "who had them restored"),
                ("reason", "why; absent when nothing was said"),
            ]
        case .envelopeSent:
            [
                ("to", "the recipient"), ("envelope", "what was sent, as in envelope.accepted"),
            ]
        case .envelopeDelayed:
            [
                ("envelope", "its id"), ("reason", "why it could not be carried"), ("next", "when it is tried again"),
            ]
        case .envelopeSettled:
            [
                ("envelope", "its id"), ("to", "the recipient"), ("outcome", "delivered, refused or expired"),
                ("reason", "why it was not delivered; absent when it was"),
            ]
        case .grantsForgotten: [("rules", "the rules, each with action and pattern"), ("by", "who took them back")]
        case .topicsChanged: [("topics", "the topics that it subscribed to, beside those of its configuration")]
        case .childLost: [("child", "its name"), ("reason", "why")]
        case .conversationCompacted:
            [
                (
                    "summary",
                    "how many turns it covers, the newest of them (through), its text, and where untrusted text in it comes from"
                ),
                ("by", "rules, or the model's name"),
                ("model", "the model that answered, whether its answer was of use or not; absent for none"),
                ("usage", "what the model call cost, as in model.replied; absent for none"),
                ("problem", "what was wrong with the model's answer; absent for nothing"),
            ]
        case .blockEdited:
            [
                ("name", "the block's name"), ("text", "what it says now; empty when it is gone"),
                ("by", "who wrote it: owner, or the agent's own name"),
                ("call", "the tool call that wrote it; absent when it was none"),
            ]
        case .filesRestored:
            [
                ("undone", "the numbers of the events whose changes were taken back whole"),
                ("changes", "what that changed of files, as in tool.finished"),
            ]
        }
    }
}

/// The kinds of events as documentation.
public enum EventTable {
    /// One section for each kind, in Markdown.
    public static var markdown: String {
        Fact.Kind.allCases
            .map { kind in
                var lines = ["### `\(kind.rawValue)`", "", kind.meaning, "", "| member | what |", "|---|---|"]
                lines += kind.members.map { "| `\($0.name)` | \($0.meaning) |" }
                return lines.joined(separator: "\n") + "\n"
            }
            .joined(separator: "\n")
    }
}

/// The tools as documentation.
public enum ToolTable {
    /// One row for each tool, in Markdown.
    public static func markdown(of specs: [ToolSpec]) -> String {
        var lines = ["| tool | group | after a crash | trust of its output | what it does |", "|---|---|---|---|---|"]
        for spec in specs {
            let description = spec.description.split(separator: "\n").joined(separator: " ")
            lines.append(
                "| `\(spec.name)` | \(spec.group) | \(spec.replay.rawValue) | \(spec.trust.rawValue) | \(description) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
