/// The shape of a tool's arguments: the part of JSON Schema that all model providers understand.
public struct ArgumentSchema: Hashable, Sendable, Codable {
    /// One argument.
    public struct Field: Hashable, Sendable, Codable {
        /// Its name.
        public let name: String
        /// What it means, for the model.
        public let description: String
        /// Its type and bounds.
        public let type: FieldType
        /// Whether a call must give it.
        public let isRequired: Bool
        /// The value of a call that does not give it; shown to the model.
        public let defaultValue: JSONValue?

        /// Describes an argument.
        public init(
            _ name: String,
            _ type: FieldType,
            _ description: String,
            required isRequired: Bool = false,
            default defaultValue: JSONValue? = nil
        ) {
            self.name = name
            self.description = description
            self.type = type
            self.isRequired = isRequired
            self.defaultValue = defaultValue
        }
    }

    /// The type of one argument.
    public indirect enum FieldType: Hashable, Sendable, Codable {
        /// A text of at most so many UTF-8 bytes.
        case string(maxBytes: Int = 1_048_576)
        /// One of these texts.
        case choice([String])
        /// A whole number within bounds.
        case integer(min: Int = .min, max: Int = .max)
        /// A number.
        case number
        /// `true` or `false`.
        case boolean
        /// A list of at most so many elements.
        case array(FieldType, maxCount: Int = 1000)
        /// A nested object.
        case object(ArgumentSchema)
    }

    /// The arguments, in the order in which the model reads them.
    public let fields: [Field]

    /// Describes arguments.
    public init(_ fields: [Field] = []) { self.fields = fields }

    /// The shape as a JSON Schema object (draft 2020-12).
    public var jsonSchema: JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in fields {
            guard case .object(var members) = field.type.jsonSchema else { continue }
            members["description"] = .string(field.description)
            if let value = field.defaultValue { members["default"] = value }
            properties[field.name] = .object(members)
        }
        return [
            "type": "object",
            "properties": .object(properties),
            "required": .array(fields.filter(\.isRequired).map { .string($0.name) }),
            "additionalProperties": false,
        ]
    }
}

extension ArgumentSchema.FieldType {
    /// The type as a JSON Schema object.
    var jsonSchema: JSONValue {
        switch self {
        case .string: return ["type": "string"]
        case .choice(let choices): return ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .integer(let min, let max):
            var members: [String: JSONValue] = ["type": "integer"]
            if min != .min { members["minimum"] = .int(min) }
            if max != .max { members["maximum"] = .int(max) }
            return .object(members)
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .array(let element, let maxCount):
            return ["type": "array", "items": element.jsonSchema, "maxItems": .int(maxCount)]
        case .object(let schema): return schema.jsonSchema
        }
    }
}
