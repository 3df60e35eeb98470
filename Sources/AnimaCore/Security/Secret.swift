/// A key or password: never printed, logged, encoded or compared by chance; only ``reveal()`` gives it away.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Keeps a value secret.
    public init(_ value: String) { self.value = value }

    /// The value; call it only where it leaves for the one who may have it.
    public func reveal() -> String { value }

    public var description: String { "(secret)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The text with every occurrence of the value replaced, for texts that come from the far side.
    public func redacted(from text: String) -> String {
        // A value of a few characters would blacken ordinary words.
        guard value.utf8.count >= 6, text.utf8.count >= value.utf8.count else { return text }
        var output = ""
        var rest = text[...]
        while let range = rest.firstRange(of: value) {
            output += rest[..<range.lowerBound]
            output += description
            rest = rest[range.upperBound...]
        }
        return output + rest
    }
}
