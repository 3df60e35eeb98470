import AnimaCore
import Foundation

/// A long conversation in sessions, with questions and the turns that answer them.
///
/// The form is that of LoCoMo ("Evaluating Very Long-Term Conversational Memory of LLM Agents", 2024): an object with
/// `conversation.session_N`, a list of turns with `speaker`, `dia_id`, `text` and maybe `blip_caption`,
/// `conversation.session_N_date_time` such as `1:56 pm on 8 May, 2023`, and `qa`, a list with `question`, `category` and
/// `evidence`, the `dia_id`s of the turns that answer it.
struct Dialogue {
    /// What one speaker says at once.
    struct Turn {
        let id: String
        let speaker: String
        let text: String
        let session: Int
        let at: Instant
    }

    /// A question with what answers it.
    struct Question {
        let text: String
        let category: Int
        let evidence: Set<String>
    }

    /// In the order in which they were said.
    let turns: [Turn]
    /// Those of the categories 1 to 4 that name evidence which is there.
    ///
    /// Category 5 holds questions without an answer.
    let questions: [Question]

    /// Reads the conversations of a file.
    static func read(_ data: Data) throws -> [Dialogue] {
        let value = try JSONValue(parsing: String(decoding: data, as: UTF8.self))
        guard let samples = value.arrayValue else { throw EvaluationError("the file is not a list of conversations") }
        return try samples.map { try Dialogue($0) }
    }

    private init(_ sample: JSONValue) throws {
        guard case .object(let conversation)? = sample["conversation"] else {
            throw EvaluationError("a conversation is missing")
        }
        var turns: [Turn] = []
        var number = 1
        var last = 0
        for key in conversation.keys where key.hasPrefix("session_") {
            last = max(last, Int(key.dropFirst("session_".count)) ?? 0)
        }
        while number <= last {
            let list = conversation["session_\(number)"]?.arrayValue ?? []
            let start = Self.moment(conversation["session_\(number)_date_time"]?.stringValue ?? "")
            for (index, turn) in list.enumerated() {
                guard let id = turn["dia_id"]?.stringValue, let speaker = turn["speaker"]?.stringValue else { continue }
                // What an image shows is what a model would have been told of it.
                let parts = [turn["text"]?.stringValue, turn["blip_caption"]?.stringValue].compactMap(\.self)
                turns.append(
                    Turn(
                        id: id,
                        speaker: speaker,
                        text: parts.joined(separator: " "),
                        session: number,
                        at: start + .seconds(30 * index)
                    )
                )
            }
            number += 1
        }
        let known = Set(turns.map(\.id))
        self.turns = turns
        questions = (sample["qa"]?.arrayValue ?? [])
            .compactMap { entry in
                guard let text = entry["question"]?.stringValue, let category = entry["category"]?.intValue,
                    (1...4).contains(category)
                else { return nil }
                let evidence = Self.evidence(entry["evidence"]).intersection(known)
                return evidence.isEmpty ? nil : Question(text: text, category: category, evidence: evidence)
            }
    }

    /// The ids in an entry: some hold several, some something else.
    private static func evidence(_ value: JSONValue?) -> Set<String> {
        let texts = value?.arrayValue?.compactMap(\.stringValue) ?? [value?.stringValue ?? ""]
        var ids: Set<String> = []
        for match in texts.joined(separator: " ").matches(of: /D[0-9]+:[0-9]+/) { ids.insert(String(match.output)) }
        return ids
    }

    /// Reads `1:56 pm on 8 May, 2023`; what can't be read is the beginning of 2023.
    private static func moment(_ text: String) -> Instant {
        // "now" far ahead: the year is always given.
        let later = Instant(microseconds: 4_000_000_000_000_000)
        let day = TimeExpression.spans(in: text.components(separatedBy: " on ").last ?? "", now: later).first?.start
        var seconds = 0
        if let match = text.firstMatch(of: /([0-9]+):([0-9]+) (am|pm)/) {
            let hour = (Int(match.output.1) ?? 0) % 12 + (match.output.3 == "pm" ? 12 : 0)
            seconds = hour * 3600 + (Int(match.output.2) ?? 0) * 60
        }
        return (day ?? Instant(microseconds: 1_672_531_200_000_000)) + .seconds(seconds)
    }
}

/// What keeps the evaluation from being made.
struct EvaluationError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
