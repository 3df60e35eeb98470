#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The keys of models' providers that are kept in the home: `keys.toml`, readable by its owner only.
///
/// ```toml
/// OPENAI_API_KEY = "…"
/// ```
public struct KeyFile: Sendable {
    /// The absolute path of the file; it need not exist.
    public let path: String

    /// The key file of a home.
    public init(home: AnimaHome) { path = home.path + "/keys.toml" }

    /// The keys by name; none when there is no file.
    ///
    /// - Throws: ``HomeError`` when others may read the file, or it is no table of texts.
    public func read() throws(HomeError) -> [String: String] {
        guard let text = try FilePath.read(path) else { return [:] }
        if let bits = FilePath.permissions(of: path), bits & 0o077 != 0 {
            throw HomeError(message: "\(path) can be read by others; run: chmod 600 \(path)")
        }
        let positions = KeyPositions(text)
        if let obstacle = positions.obstacle {
            throw HomeError(message: "\(path):\(obstacle.position.line): not valid TOML: \(obstacle.message)")
        }
        let nodes: [String: TOMLNode]
        do throws(TOMLNode.SyntaxError) {
            nodes = try TOMLNode.document(text)
        } catch {
            // The message may quote the line, and a key with it.
            throw HomeError(message: "\(path):\(error.position.line): not valid TOML; write NAME = \"key\"")
        }
        var keys: [String: String] = [:]
        for (name, node) in nodes {
            guard VariableExpansion.isName(name), case .string(let key) = node else {
                let line = positions[KeyPositions.path("", name)].line
                throw HomeError(message: "\(path):\(line): write NAME = \"key\", a name as of an environment variable")
            }
            if !key.isEmpty { keys[name] = key }
        }
        return keys
    }

    /// Keeps a key, or forgets it.
    ///
    /// - Parameter key: nil forgets it.
    /// - Returns: Whether there was one of this name.
    /// - Throws: ``HomeError``.
    @discardableResult
    public func set(_ name: String, to key: String?) throws(HomeError) -> Bool {
        guard VariableExpansion.isName(name) else {
            throw HomeError(
                message: "\"\(name)\" is no name of a key; use letters, digits and _, for example OPENAI_API_KEY"
            )
        }
        var keys = try read()
        let previous = keys.updateValue(key ?? "", forKey: name)
        if key == nil { keys[name] = nil }
        var text = "# Keys of models' providers. Keep this file to yourself.\n"
        for (name, key) in keys.sorted(by: { $0.key < $1.key }) {
            text += "\(name) = \(ConfigurationValue.text(key).toml)\n"
        }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        try FilePath.makePrivateDirectory(String(path[..<slash]))
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        try FilePath.writeNew(text, to: temporary)
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw HomeError(message: "can't write \(path): \(reason)")
        }
        return previous != nil
    }
}
