extension ToolSpec {
    /// Paths of a call that rules match beside its gate argument.
    public enum GatedPaths: Hashable, Sendable, Codable {
        /// An argument that is a path.
        case argument(String)
        /// The files that a unified diff in this argument names, below the directory that the gate argument names.
        case patch(String)
    }

    /// The call once for each path that it names, as the gate looks at it; the call itself when it names one, or none.
    func readings(of arguments: JSONValue) -> [JSONValue] {
        guard let name = gateArgument, let also, case .object(var members) = arguments else { return [arguments] }
        let readings = paths(also, beside: name, arguments)
            .map { path in
                members[name] = .string(path)
                return JSONValue.object(members)
            }
        return readings.isEmpty ? [arguments] : readings
    }

    private func paths(_ also: [GatedPaths], beside name: String, _ arguments: JSONValue) -> [String] {
        let first = arguments[name]?.stringValue
        var paths: [String] = []
        var isDirectory = false
        for source in also {
            switch source {
            case .argument(let name): paths += [arguments[name]?.stringValue].compactMap(\.self)
            case .patch(let name):
                isDirectory = true
                let named = PatchPaths.named(in: arguments[name]?.stringValue ?? "")
                paths += named.map { PatchPaths.joined($0, below: first ?? ".") }
            }
        }
        return isDirectory ? paths : [first].compactMap(\.self) + paths
    }
}

/// The files that a unified diff names, found by its header lines alone.
///
/// The gate looks at a patch with this, and the tool that applies it touches nothing that is not found by it.
public enum PatchPaths {
    /// Every path of the header lines, in order and without repetitions.
    ///
    /// A line of a hunk may look like a header line, so there can be more than the patch means, never less.
    public static func named(in patch: String) -> [String] {
        var paths: [String] = []
        var seen: Set<[UInt8]> = []
        for line in patch.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let path = path(inHeader: line), seen.insert(Array(path.utf8)).inserted else { continue }
            paths.append(path)
        }
        return paths
    }

    /// The path that a header line names, without `a/` or `b/` before it; nil for another line and for `/dev/null`.
    public static func path(inHeader line: Substring.UTF8View) -> String? {
        let markers: [(String, isPrefixed: Bool)] = [
            ("--- ", true), ("+++ ", true), ("rename from ", false), ("rename to ", false),
        ]
        for (marker, isPrefixed) in markers where line.starts(with: marker.utf8) {
            var rest = line.dropFirst(marker.utf8.count)
            // What follows a tab is the time of the file.
            if let tab = rest.firstIndex(of: UInt8(ascii: "\t")) { rest = rest[..<tab] }
            while let last = rest.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: " ") {
                rest = rest.dropLast()
            }
            if rest.count > 1, rest.first == UInt8(ascii: "\""), rest.last == UInt8(ascii: "\"") {
                rest = rest.dropFirst().dropLast()
            }
            if rest.elementsEqual("/dev/null".utf8) { return nil }
            if isPrefixed, rest.starts(with: "a/".utf8) || rest.starts(with: "b/".utf8) { rest = rest.dropFirst(2) }
            return String(Substring(rest))
        }
        return nil
    }

    /// A path of a patch as a path from the workspace's root.
    public static func joined(_ path: String, below directory: String) -> String {
        directory == "." || path.hasPrefix("/") ? path : directory + "/" + path
    }
}
