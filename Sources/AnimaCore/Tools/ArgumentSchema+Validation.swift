/// What was wrong with a call's arguments: every fault, each with its place, in words for the model.
public struct ArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence per fault.
    public let faults: [String]

    /// Collects faults.
    public init(faults: [String]) { self.faults = faults }

    public var description: String { faults.joined(separator: "; ") }
}

extension ArgumentSchema {
    /// Checks arguments against the shape, fills in defaults and coerces what is plainly meant.
    ///
    /// Coerced are: a number or truth value written as text (`"42"`, `"true"`), a whole number written with a fraction
    /// of zero (`42.0`), a number given where a text is wanted, a single value where a list of such is wanted, and
    /// `null` for an argument that need not be given.
    ///
    /// - Returns: An object with the arguments in their declared types.
    /// - Throws: ``ArgumentError`` with every fault.
    public func validate(_ arguments: JSONValue) throws(ArgumentError) -> JSONValue {
        var faults: [String] = []
        let value = check(arguments, at: "", faults: &faults)
        guard faults.isEmpty else { throw ArgumentError(faults: faults) }
        return value
    }

    private func check(_ arguments: JSONValue, at path: String, faults: inout [String]) -> JSONValue {
        guard case .object(let given) = arguments else {
            let place = path.isEmpty ? "the arguments" : "\"\(path)\""
            faults.append("\(place) must be a JSON object, not \(arguments.typeName)")
            return arguments
        }
        var result: [String: JSONValue] = [:]
        for field in fields {
            let place = path.isEmpty ? field.name : "\(path).\(field.name)"
            switch given[field.name] {
            case .none, .some(.null):
                if let value = field.defaultValue {
                    result[field.name] = value
                } else if field.isRequired {
                    faults.append("\"\(place)\" is missing (\(field.type.summary))")
                }
            case .some(let value):
                result[field.name] = field.type.check(value, at: place, faults: &faults)
            }
        }
        let names = fields.map(\.name)
        for name in given.keys.sorted() where !names.contains(name) {
            let hint = Spelling.closest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            let place = path.isEmpty ? name : "\(path).\(name)"
            let allowed = names.isEmpty ? "no arguments" : names.joined(separator: ", ")
            faults.append("\"\(place.prefix(80))\" is unknown\(hint) (allowed: \(allowed))")
        }
        return .object(result)
    }

    fileprivate func checkNested(_ value: JSONValue, at path: String, faults: inout [String]) -> JSONValue {
        check(value, at: path, faults: &faults)
    }
}

extension ArgumentSchema.FieldType {
    /// The type in a few words.
    var summary: String {
        switch self {
        case .string: "a string"
        case .choice(let choices): "one of " + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        case .integer(.min, .max): "an integer"
        case .integer(let min, .max): "an integer of at least \(min)"
        case .integer(.min, let max): "an integer of at most \(max)"
        case .integer(let min, let max): "an integer from \(min) to \(max)"
        case .number: "a number"
        case .boolean: "true or false"
        case .array(let element, _): "a list of: \(element.summary)"
        case .object: "an object"
        }
    }

    fileprivate func check(_ value: JSONValue, at place: String, faults: inout [String]) -> JSONValue {
        func fault(_ problem: String) -> JSONValue {
            faults.append("\"\(place)\" \(problem)")
            return value
        }
        switch (self, value) {
        case (.string(let maxBytes), .string(let text)):
            return text.utf8.count <= maxBytes
                ? value : fault("has \(text.utf8.count) bytes, over the limit of \(maxBytes)")
        case (.string, .int), (.string, .double), (.string, .bool):
            return .string(value.text)
        case (.choice(let choices), .string(let text)):
            if choices.contains(text) { return value }
            let hint = Spelling.closest(to: text, among: choices).map { "; did you mean \"\($0)\"?" } ?? ""
            return fault("must be \(summary), not \"\(text.prefix(80))\"\(hint)")
        case (.integer(let min, let max), _):
            let number = value.intValue ?? value.stringValue.flatMap { Int($0) }
            guard let number else { return fault("must be \(summary), not \(value.typeName) \(value.text.prefix(80))") }
            return min <= number && number <= max ? .int(number) : fault("must be \(summary), not \(number)")
        case (.number, .int), (.number, .double):
            return value
        case (.number, .string(let text)):
            guard let number = Double(text), number.isFinite else {
                return fault("must be a number, not \"\(text.prefix(80))\"")
            }
            return Int(text).map { .int($0) } ?? .double(number)
        case (.boolean, .bool):
            return value
        case (.boolean, .string("true")): return true
        case (.boolean, .string("false")): return false
        case (.array(let element, let maxCount), .array(let values)):
            guard values.count <= maxCount else {
                return fault("has \(values.count) elements, over the limit of \(maxCount)")
            }
            return .array(
                values.enumerated().map { element.check($0.element, at: "\(place)[\($0.offset)]", faults: &faults) }
            )
        case (.array(let element, _), _):
            return .array([element.check(value, at: place, faults: &faults)])
        case (.object(let schema), _):
            return schema.checkNested(value, at: place, faults: &faults)
        default:
            return fault("must be \(summary), not \(value.typeName)")
        }
    }
}
