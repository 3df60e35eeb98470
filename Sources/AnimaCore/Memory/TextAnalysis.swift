/// Makes the terms of a text: what it is found by.
///
/// Words in lower case without accents, without the words that every text has, in their base form; numbers; for
/// scripts without spaces, pairs of characters. A term holds ASCII letters and digits, and characters beyond ASCII.
///
/// The terms are in the index of every life: raise `SQLiteLife.projectionsForm` when they change.
package enum TextAnalysis {
    /// Of a longer text only the beginning is found.
    package static let bytes = 16_384

    /// The terms of a text in their order, with repetitions.
    package static func terms(of text: String) -> [String] {
        var terms: [String] = []
        for word in words(of: text) where !isStopWord(word) { terms.append(base(of: word)) }
        return terms
    }

    /// The base form of a word in lower case: `went` and `goes` are `go`, `studies` and `studied` are `studi`.
    package static func base(of word: String) -> String {
        Stemmer.stem(WordForms.irregular[word] ?? word)
    }

    package static func isStopWord(_ word: String) -> Bool { WordForms.stopWords.contains(word) }

    /// The words of a text in lower case, stop words too.
    package static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = Word()
        var text = text
        let ended = text.withUTF8 { all in
            // ASCII, which most texts are, byte by byte; the rest character by character.
            let bytes = UnsafeBufferPointer(rebasing: all.prefix(Self.bytes))
            guard bytes.allSatisfy({ $0 < 0x80 }) else { return false }
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case 0x61...0x7A, 0x30...0x39: word.bytes.append(byte)
                case 0x41...0x5A: word.bytes.append(byte | 0x20)
                case 0x27: word.takeApostrophe(into: &words)
                case 0x2C:
                    // The comma in 1,000.
                    let isInNumber =
                        index > 0 && index + 1 < bytes.count && isDigit(bytes[index - 1]) && isDigit(bytes[index + 1])
                    if !isInNumber { word.end(into: &words) }
                default: word.end(into: &words)
                }
            }
            word.end(into: &words)
            return true
        }
        if ended { return words }
        word = Word()
        var pair: Unicode.Scalar?
        for scalar in text.unicodeScalars.prefix(Self.bytes) {
            if isUnspaced(scalar) {
                word.end(into: &words)
                if let first = pair {
                    words.append(String(first) + String(scalar))
                } else {
                    words.append(String(scalar))
                }
                pair = scalar
                continue
            }
            pair = nil
            word.take(scalar, into: &words)
        }
        word.end(into: &words)
        return words
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a script writes words without spaces between them.
    private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0E7F, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            scalar.properties.isAlphabetic
        default: false
        }
    }

    /// A word while it is read.
    private struct Word {
        var bytes: [UInt8] = []
        /// Where the part after an apostrophe begins.
        var apostrophe: Int?

        mutating func takeApostrophe(into words: inout [String]) {
            if bytes.isEmpty || apostrophe != nil { end(into: &words) } else { apostrophe = bytes.count }
        }

        mutating func take(_ scalar: Unicode.Scalar, into words: inout [String]) {
            switch scalar.value {
            case 0x61...0x7A, 0x30...0x39: bytes.append(UInt8(scalar.value))
            case 0x41...0x5A: bytes.append(UInt8(scalar.value) | 0x20)
            case 0x27, 0x2019: takeApostrophe(into: &words)
            case 0..<0x80: end(into: &words)
            default:
                switch scalar.properties.generalCategory {
                case .nonspacingMark, .enclosingMark, .spacingMark, .format: return
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .decimalNumber, .letterNumber, .otherNumber, .otherSymbol, .modifierSymbol:
                    let lower = scalar.properties.lowercaseMapping
                    for part in lower.unicodeScalars { append(part) }
                default: end(into: &words)
                }
            }
        }

        private mutating func append(_ scalar: Unicode.Scalar) {
            if let plain = WordForms.plain[scalar] {
                bytes.append(contentsOf: plain.utf8)
            } else if scalar.properties.generalCategory != .nonspacingMark {
                bytes.append(contentsOf: String(scalar).utf8)
            }
        }

        mutating func end(into words: inout [String]) {
            defer {
                bytes.removeAll(keepingCapacity: true)
                apostrophe = nil
            }
            guard !bytes.isEmpty else { return }
            if let apostrophe {
                // "won't" would become "won".
                if bytes[apostrophe...].elementsEqual("t".utf8), bytes[..<apostrophe].elementsEqual("won".utf8) {
                    return
                }
                // What follows is an ending: Ada's, we'll, don't; or a part of a name: O'Brien.
                if bytes.count - apostrophe <= 2 { bytes.removeLast(bytes.count - apostrophe) }
            }
            words.append(String(decoding: bytes.prefix(60), as: UTF8.self))
        }
    }
}

/// Takes the endings off English words.
///
/// Source: "An algorithm for suffix stripping" (M. F. Porter, 1980), steps 1 to 5.
enum Stemmer {
    static func stem(_ word: String) -> String {
        guard word.utf8.count > 2, word.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { return word }
        var stem = Stem(bytes: Array(word.utf8))
        stem.reduce()
        return String(decoding: stem.bytes, as: UTF8.self)
    }

    private struct Stem {
        var bytes: [UInt8]

        mutating func reduce() {
            plurals()
            pastAndProgressive()
            if ends("y"), hasVowel(bytes.count - 1) { replace(1, "i") }
            replaceFirst(of: Stemmer.second)
            replaceFirst(of: Stemmer.third)
            removeFourth()
            removeFinal()
        }

        private mutating func plurals() {
            if ends("sses") || ends("ies") {
                bytes.removeLast(2)
            } else if ends("s"), !ends("ss") {
                bytes.removeLast()
            }
        }

        private mutating func pastAndProgressive() {
            if ends("eed") {
                if measure(bytes.count - 3) > 0 { bytes.removeLast() }
                return
            }
            if ends("ed"), hasVowel(bytes.count - 2) {
                bytes.removeLast(2)
            } else if ends("ing"), hasVowel(bytes.count - 3) {
                bytes.removeLast(3)
            } else {
                return
            }
            if ends("at") || ends("bl") || ends("iz") {
                bytes.append(UInt8(ascii: "e"))
            } else if endsInDouble, !ends("l"), !ends("s"), !ends("z") {
                bytes.removeLast()
            } else if measure(bytes.count) == 1, endsShort(bytes.count) {
                bytes.append(UInt8(ascii: "e"))
            }
        }

        private mutating func replaceFirst(of endings: [(StaticString, StaticString)]) {
            for (ending, other) in endings where ends(ending) {
                if measure(bytes.count - ending.utf8CodeUnitCount) > 0 { replace(ending.utf8CodeUnitCount, other) }
                return
            }
        }

        private mutating func removeFourth() {
            for ending in Stemmer.fourth where ends(ending) {
                let rest = bytes.count - ending.utf8CodeUnitCount
                guard measure(rest) > 1 else { return }
                if ends("ion"), ending.utf8CodeUnitCount == 3 {
                    guard rest > 0, bytes[rest - 1] == UInt8(ascii: "s") || bytes[rest - 1] == UInt8(ascii: "t") else {
                        return
                    }
                }
                bytes.removeLast(ending.utf8CodeUnitCount)
                return
            }
        }

        private mutating func removeFinal() {
            if ends("e") {
                let rest = bytes.count - 1
                let measure = measure(rest)
                if measure > 1 || (measure == 1 && !endsShort(rest)) { bytes.removeLast() }
            }
            if ends("ll"), measure(bytes.count) > 1 { bytes.removeLast() }
        }

        private func ends(_ ending: StaticString) -> Bool {
            let count = ending.utf8CodeUnitCount
            guard bytes.count >= count else { return false }
            let start = ending.utf8Start
            let offset = bytes.count - count
            for index in 0..<count where bytes[offset + index] != start[index] { return false }
            return true
        }

        private mutating func replace(_ count: Int, _ other: StaticString) {
            bytes.removeLast(count)
            bytes.append(contentsOf: UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
        }

        private func isConsonant(_ index: Int) -> Bool {
            switch bytes[index] {
            case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
            case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
            default: true
            }
        }

        /// How often a vowel is followed by a consonant in the first bytes.
        private func measure(_ count: Int) -> Int {
            var measure = 0
            var wasVowel = false
            for index in 0..<max(count, 0) {
                let isVowel = !isConsonant(index)
                if wasVowel, !isVowel { measure += 1 }
                wasVowel = isVowel
            }
            return measure
        }

        private func hasVowel(_ count: Int) -> Bool {
            for index in 0..<max(count, 0) where !isConsonant(index) { return true }
            return false
        }

        private var endsInDouble: Bool {
            let count = bytes.count
            return count > 1 && bytes[count - 1] == bytes[count - 2] && isConsonant(count - 1)
        }

        /// Consonant, vowel, consonant other than w, x or y, as in "hop".
        private func endsShort(_ count: Int) -> Bool {
            guard count > 2, isConsonant(count - 1), !isConsonant(count - 2), isConsonant(count - 3) else {
                return false
            }
            let last = bytes[count - 1]
            return last != UInt8(ascii: "w") && last != UInt8(ascii: "x") && last != UInt8(ascii: "y")
        }
    }

    // Longer endings stand before those that they end with.
    private static let second: [(StaticString, StaticString)] = [
        ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
        ("tional", "tion"), ("biliti", "ble"), ("ation", "ate"), ("alism", "al"), ("aliti", "al"), ("iviti", "ive"),
        ("entli", "ent"), ("ousli", "ous"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
        ("alli", "al"), ("ator", "ate"), ("eli", "e"),
    ]
    private static let third: [(StaticString, StaticString)] = [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ness", ""), ("ful", ""),
    ]
    private static let fourth: [StaticString] = [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize",
        "al", "er", "ic", "ou",
    ]
}
