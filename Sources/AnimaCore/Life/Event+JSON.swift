extension Event {
    /// The event as one flat JSON object, as `anima log --json` prints it.
    ///
    /// The members `seq`, `id`, `at` (RFC 3339), `kind`, `agent`, `conversation`, `turn`, `step` and `cause` are those of
    /// every event (null where there is none); beside them stands what the kind carries.
    public func json() throws -> JSONValue {
        let body = try JSONValue(parsing: String(decoding: EventCoding.current.encode(fact), as: UTF8.self))
        guard case .object(var members) = body else { return body }
        members["seq"] = .int(seq)
        members["id"] = .string(id)
        members["at"] = .string(at.rfc3339)
        members["kind"] = .string(fact.kind.rawValue)
        members["agent"] = .string(agent.name)
        members["conversation"] = conversation.map { .string($0.name) } ?? .null
        members["turn"] = turn.map { .string($0.description) } ?? .null
        members["step"] = step.map { .int($0) } ?? .null
        members["cause"] = cause.map { .string("e\($0)") } ?? .null
        return .object(members)
    }
}
