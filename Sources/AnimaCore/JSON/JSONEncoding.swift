/// Writes any value that can be encoded as JSON on one line, so that the same value gives the same bytes: members of types
/// stand in the order in which these write them, those of dictionaries in the order of their names.
///
/// Every event, ended turn and snapshot is written with it. It writes while values are encoded, with nothing in between.
public enum JSONEncoding {
    /// The value as JSON in UTF-8.
    ///
    /// - Throws: `EncodingError` for a number that is not finite; what the value throws.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let output = JSONOutput()
        try output.write(value)
        return output.bytes
    }
}

/// What was written, and which objects and lists are still open.
///
/// A container knows how many were open around it; whoever writes into it closes those that were opened in it since.
///
/// It is used by one encoding alone, which never reads while it writes: checking that at each access would cost a fifth.
private final class JSONOutput {
    struct Frame {
        let isObject: Bool
        /// Whether its members come in an order that is not their own.
        var isUnordered: Bool
        /// Where its bracket is.
        let start: Int
        /// The first of its elements in ``elements``.
        let firstElement: Int
    }

    struct Element {
        /// Where it begins, with its name when it has one.
        let start: Int
        /// Where its name ends; where it begins when it has none.
        var nameEnd: Int
    }

    @exclusivity(unchecked)
    private(set) var bytes: [UInt8] = []
    @exclusivity(unchecked)
    private var frames: [Frame] = []
    /// The elements of all open containers, those of inner ones last.
    @exclusivity(unchecked)
    private var elements: [Element] = []
    private var sorted: [UInt8] = []

    init() { bytes.reserveCapacity(512) }

    // MARK: Containers

    /// Opens an object or a list for a value; one that the value has opened already is gone on with.
    func open(isObject: Bool, isUnordered: Bool = false, at depth: Int) {
        if frames.count > depth, frames[depth].isObject == isObject {
            frames[depth].isUnordered = frames[depth].isUnordered || isUnordered
            return
        }
        let (start, first) = (bytes.count, elements.count)
        frames.append(Frame(isObject: isObject, isUnordered: isUnordered, start: start, firstElement: first))
        bytes.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
    }

    /// Begins an element of the container that is open at a depth.
    func beginElement(at depth: Int) {
        close(to: depth + 1)
        if elements.count > frames[depth].firstElement { bytes.append(UInt8(ascii: ",")) }
        elements.append(Element(start: bytes.count, nameEnd: bytes.count))
    }

    /// Begins a member of the object that is open at a depth.
    func beginMember(_ name: String, at depth: Int) {
        beginElement(at: depth)
        JSONValue.write(name, to: &bytes)
        elements[elements.endIndex - 1].nameEnd = bytes.count
        bytes.append(UInt8(ascii: ":"))
    }

    /// How many elements the container at a depth has.
    func count(at depth: Int) -> Int {
        let end = depth + 1 < frames.count ? frames[depth + 1].firstElement : elements.count
        return end - frames[depth].firstElement
    }

    /// Closes what is open inside a depth.
    func close(to depth: Int) {
        while frames.count > depth {
            let frame = frames.removeLast()
            if frame.isUnordered { sort(elements[frame.firstElement...], after: frame.start) }
            elements.removeSubrange(frame.firstElement...)
            bytes.append(frame.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// Puts the members of the object that ends here into the order of their names.
    private func sort(_ members: ArraySlice<Element>, after bracket: Int) {
        guard zip(members, members.dropFirst()).contains(where: { isBefore($1, $0) }) else { return }
        let ends = members.dropFirst().map { $0.start - 1 } + [bytes.count]
        sorted.removeAll(keepingCapacity: true)
        for (member, end) in zip(members, ends).sorted(by: { isBefore($0.0, $1.0) }) {
            if !sorted.isEmpty { sorted.append(UInt8(ascii: ",")) }
            sorted += bytes[member.start..<end]
        }
        bytes.replaceSubrange((bracket + 1)..., with: sorted)
    }

    private func isBefore(_ left: Element, _ right: Element) -> Bool {
        bytes[left.start..<left.nameEnd].lexicographicallyPrecedes(bytes[right.start..<right.nameEnd])
    }

    // MARK: Values

    func write<Value: Encodable>(_ value: Value) throws {
        let (depth, start) = (frames.count, bytes.count)
        if Value.self == JSONValue.self, let value = value as? JSONValue {
            value.write(to: &bytes)
        } else {
            try value.encode(to: JSONStream(output: self, depth: depth))
            close(to: depth)
        }
        guard bytes.count > start else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: "\(Value.self) encodes nothing, which JSON can't say")
            )
        }
    }

    func write(nil: Void) { bytes += "null".utf8 }
    func write(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }
    func write(_ value: String) { JSONValue.write(value, to: &bytes) }
    func write(number value: some BinaryInteger) { bytes += String(value).utf8 }

    func write(number value: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: "\(value) is no number of JSON")
            )
        }
        bytes += value.description.utf8
    }
}

/// What a value writes itself to.
private struct JSONStream: Encoder, SingleValueEncodingContainer {
    let output: JSONOutput
    /// How many containers are open around the value.
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // Keys of types are cases of an enumeration; those of dictionaries hold a text, and come in any order.
        output.open(isObject: true, isUnordered: MemoryLayout<Key>.size > MemoryLayout<UInt16>.size, at: depth)
        return KeyedEncodingContainer(JSONMembers<Key>(output: output, depth: depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        output.open(isObject: false, at: depth)
        return JSONElements(output: output, depth: depth)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { output.write(nil: ()) }
    func encode(_ value: Bool) { output.write(value) }
    func encode(_ value: String) { output.write(value) }
    func encode(_ value: Double) throws { try output.write(number: value) }
    func encode(_ value: Float) throws { try output.write(number: value) }
    func encode(_ value: Int) { output.write(number: value) }
    func encode(_ value: Int8) { output.write(number: value) }
    func encode(_ value: Int16) { output.write(number: value) }
    func encode(_ value: Int32) { output.write(number: value) }
    func encode(_ value: Int64) { output.write(number: value) }
    func encode(_ value: UInt) { output.write(number: value) }
    func encode(_ value: UInt8) { output.write(number: value) }
    func encode(_ value: UInt16) { output.write(number: value) }
    func encode(_ value: UInt32) { output.write(number: value) }
    func encode(_ value: UInt64) { output.write(number: value) }
    func encode(_ value: some Encodable) throws { try output.write(value) }
}

/// The members of an object.
private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    private func begin(_ key: Key) -> JSONOutput {
        output.beginMember(key.stringValue, at: depth)
        return output
    }

    // Numbers of other kinds come through the last one, and write themselves.
    func encodeNil(forKey key: Key) { begin(key).write(nil: ()) }
    func encode(_ value: Bool, forKey key: Key) { begin(key).write(value) }
    func encode(_ value: String, forKey key: Key) { begin(key).write(value) }
    func encode(_ value: Int, forKey key: Key) { begin(key).write(number: value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try begin(key).write(value) }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) -> KeyedEncodingContainer<Inner> {
        JSONStream(output: begin(key), depth: depth + 1).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONStream(output: begin(key), depth: depth + 1).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        output.beginMember("super", at: depth)
        return JSONStream(output: output, depth: depth + 1)
    }

    func superEncoder(forKey key: Key) -> any Encoder { JSONStream(output: begin(key), depth: depth + 1) }
}

/// The elements of a list.
private struct JSONElements: UnkeyedEncodingContainer {
    let output: JSONOutput
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    var count: Int { output.count(at: depth) }

    private var next: JSONOutput {
        output.beginElement(at: depth)
        return output
    }

    func encodeNil() { next.write(nil: ()) }
    func encode(_ value: Bool) { next.write(value) }
    func encode(_ value: String) { next.write(value) }
    func encode(_ value: Int) { next.write(number: value) }
    func encode(_ value: some Encodable) throws { try next.write(value) }

    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        JSONStream(output: next, depth: depth + 1).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONStream(output: next, depth: depth + 1).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONStream(output: next, depth: depth + 1) }
}
