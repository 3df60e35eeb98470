/// Finds by rules what an owner says about themselves, about others and about how they want things.
///
/// It reads sentences of plain English and keeps them as they were said. It is careful rather than complete: what is not
/// clearly a statement is left alone.
public enum LearningRules {
    /// A message gives at most so many drafts.
    public static let mostDrafts = 8

    /// What a message says that may be worth keeping.
    ///
    /// - Parameters:
    ///   - speaker: Who said it.
    ///   - now: When it was said.
    public static func drafts(from text: String, speaker: String, now: Instant) -> [MemoryDraft] {
        var drafts: [MemoryDraft] = []
        for sentence in sentences(of: text) where drafts.count < mostDrafts {
            guard var draft = draft(of: sentence) else { continue }
            draft.speaker = speaker
            let spans = TimeExpression.spans(in: sentence, now: now)
            if let span = spans.first {
                draft.about = span
                if draft.kind == .fact { draft.kind = .event }
            }
            drafts.append(draft)
        }
        return drafts
    }

    // MARK: Sentences

    /// The sentences of what was said by the speaker: without code, quoted lines and quotations.
    static func sentences(of text: String) -> [String] {
        var isCode = false
        var found: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                isCode.toggle()
                continue
            }
            guard !isCode, !trimmed.hasPrefix(">"), !line.hasPrefix("    "), !line.hasPrefix("\t") else { continue }
            found += split(withoutQuotations(String(trimmed)))
        }
        return found
    }

    private static func withoutQuotations(_ line: String) -> String {
        var result = ""
        var isInside = false
        for character in line {
            switch character {
            case "\"", "“", "”", "„", "`": isInside.toggle()
            default: if !isInside { result.append(character) }
            }
        }
        // A quotation mark without its partner is none.
        return isInside ? line : result
    }

    private static func split(_ line: String) -> [String] {
        var sentences: [String] = []
        var sentence = ""
        let characters = Array(line)
        for (index, character) in characters.enumerated() {
            sentence.append(character)
            guard ".!?;".contains(character) else { continue }
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            guard next.isWhitespace || character == ";" else { continue }
            // "Dr. Meyer" is one name.
            let word = sentence.dropLast().split(separator: " ").last ?? ""
            if character == ".", abbreviations.contains(word.lowercased()) { continue }
            sentences.append(sentence)
            sentence = ""
        }
        sentences.append(sentence)
        return sentences.map(trimmed).filter { !$0.isEmpty }
    }

    private static let abbreviations: Set<String> = [
        "dr", "mr", "mrs", "ms", "st", "prof", "etc", "e.g", "i.e", "no", "vs", "ca", "approx",
    ]

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first.isWhitespace || "-*•,".contains(first) { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace || last == ";" || last == "," { text = text.dropLast() }
        return String(text)
    }

    // MARK: Statements

    private static func draft(of sentence: String) -> MemoryDraft? {
        guard (8...600).contains(sentence.utf8.count), sentence.last != "?" else { return nil }
        let plain = sentence.lowercased().replacing("’", with: "'")
        for opening in askedFor where plain.hasPrefix(opening) {
            let rest = trimmed(String(sentence.dropFirst(opening.count)))
            guard rest.utf8.count >= 4 else { return nil }
            let kind: Memory.Kind = standing.contains(where: rest.lowercased().hasPrefix) ? .preference : .fact
            return MemoryDraft(first(rest), kind: kind, importance: 8, isAskedFor: true)
        }
        var words = plain.split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)[...]
        while let first = words.first, openers.contains(first) { words = words.dropFirst() }
        guard let first = words.first, words.count >= 3, !conditions.contains(first), !words.contains("if") else {
            return nil
        }
        let line = " " + words.joined(separator: " ") + " "
        if standing.contains(where: { (words.joined(separator: " ") + " ").hasPrefix($0) }) {
            return MemoryDraft(sentence, kind: .preference, importance: 7)
        }
        if preferences.contains(where: line.contains) { return MemoryDraft(sentence, kind: .preference, importance: 6) }
        if momentary.contains(where: line.contains) { return nil }
        if statements.contains(where: line.hasPrefix) || possessives.contains(where: line.contains) {
            return MemoryDraft(sentence, importance: 5)
        }
        if decisions.contains(where: line.contains) { return MemoryDraft(sentence, importance: 6) }
        return nil
    }

    private static func first(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static let askedFor = [
        "please remember that ", "remember that ", "please remember: ", "remember: ", "please remember ", "remember ",
        "don't forget that ", "don't forget: ", "do not forget that ", "keep in mind that ", "keep in mind: ",
        "note that ",
        "for your information, ", "fyi: ", "fyi, ", "for the record, ",
    ]
    private static let openers: Set<String> = [
        "well", "so", "and", "but", "ok", "okay", "yes", "no", "hi", "hello", "hey", "btw", "also", "oh", "by", "the",
        "way",
        "actually", "anyway", "just",
    ]
    private static let conditions: Set<String> = [
        "if", "when", "suppose", "imagine", "maybe", "perhaps", "what", "how", "why",
    ]
    private static let standing = [
        "from now on ", "always ", "never ", "please always ", "please never ", "in future ", "in the future ",
    ]
    private static let preferences = [
        " i prefer ", " i like ", " i love ", " i hate ", " i dislike ", " i don't like ", " i do not like ",
        " i enjoy ",
        " i can't stand ", " i'd rather ", " i am allergic ", " i'm allergic ", " call me ", " my favourite ",
        " my favorite ",
        " we prefer ", " i don't eat ", " i don't drink ",
    ]
    private static let statements = [
        " i am ", " i'm ", " i was born ", " i live ", " i work ", " i moved ", " i have a ", " i have an ",
        " i have two ",
        " i have three ", " i grew up ", " i speak ", " i study ", " i studied ", " i own ", " i drive ", " i use ",
        " i was ", " i married ", " i bought ", " i sold ", " i started ", " i quit ", " i will ", " i'll ",
        " i'm going ",
        " we live ", " we moved ", " we have ", " we use ", " we are ", " we're ", " our ", " my ",
    ]
    private static let possessives = [" is my ", " are my ", " was my ", " is our ", " are our "]
    private static let decisions = [
        " we decided ", " i decided ", " we agreed ", " we chose ", " i chose ", " deadline is ", " due on ",
    ]
    /// What is so only now, or is about the work at hand.
    private static let momentary = [
        " i am trying ", " i'm trying ", " i am looking ", " i'm looking ", " i am not sure ", " i'm not sure ",
        " i am sorry ",
        " i'm sorry ", " i am afraid ", " i'm afraid ", " i am done ", " i'm done ", " i am back ", " i'm back ",
        " i am fine ",
        " i'm fine ", " i am here ", " i'm here ", " i have a question ", " i have an idea ", " i have a task ",
        " i'm good ",
        " i'm getting ", " i am getting ", " i'm seeing ", " i am waiting ", " i'm waiting ", " i'm in a hurry ",
        " i will be back ",
        " i'll be back ", " i'll try ", " i will try ", " i'll check ", " i'm wondering ", " i am wondering ",
        " my question ",
        " my bad ", " my mistake ", " i'm happy with ", " i'm tired ", " i am tired ", " i'm hungry ", " i'm on it ",
    ]
}
