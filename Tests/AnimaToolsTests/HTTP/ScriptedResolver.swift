import AnimaCore
import Synchronization

@testable import AnimaTools

/// Names with scripted numbers; each look-up takes the next answer, the last one stays.
final class ScriptedResolver: NameResolver {
    private let answers: Mutex<[[String]]>
    private let asked = Mutex<[String]>([])

    init(_ answers: [String]...) { self.answers = Mutex(answers) }

    var names: [String] { asked.withLock { $0 } }

    func addresses(of name: String) async throws -> [IPAddress] {
        asked.withLock { $0.append(name) }
        let next = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        return next.compactMap { IPAddress(version6: $0) ?? IPAddress(version4: $0) }
    }
}
