import Foundation
import VisitorSessions

/// Looks at the store and its key. Changes nothing.
struct StoreCheckup {
    let workbench: Workbench
    let paths: Paths
    let environment: [String: String]

    /// Whether the tokens of all sessions are opened, and not of some alone.
    let opensAll: Bool

    func findings() async -> [Finding] {
        var found = [key()]
        do {
            found += try await store()
            found.append(
                try await TokenCheckup(workbench: workbench, keys: paths.keyFile.path, isWhole: opensAll).finding())
        } catch {
            found.append(
                .bad("store", Failure(error)?.message ?? "It can't be read.", "Try again, or check its file."))
        }
        return found
    }

    private func store() async throws -> [Finding] {
        var found = try await workbench.store.findings().map { Finding($0) }
        if let address = workbench.configuration.store, StoreLocation.shown(address) != address {
            found.append(
                .note(
                    "password", "The store's address contains the password, which others may see",
                    "Move it to ~/.pgpass (mode 0600)."))
        }
        return found
    }

    private func key() -> Finding {
        if environment["SESSION_INSPECTOR_KEY"]?.nonEmpty != nil {
            return .good("key", "from SESSION_INSPECTOR_KEY")
        }
        let path = paths.keyFile.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .note("key", "none yet: \(path)", "It is created with the first session.")
        }
        guard status.st_mode & 0o077 == 0 else {
            return .bad("key", "other users can read \(path)", "Run `chmod 600 \(path)`.")
        }
        return .good("key", "\(path), readable only by you")
    }
}

/// What a check-up found, and what to do about it.
struct Finding: Encodable, Equatable {
    var subject: String
    var verdict: StoreFinding.Verdict
    var text: String

    /// `nil` where there is nothing to do.
    var remedy: String?

    static func good(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, verdict: .good, text: text)
    }

    /// Worth knowing, and nothing wrong.
    static func note(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(subject: subject, verdict: .note, text: text, remedy: remedy)
    }

    static func bad(_ subject: String, _ text: String, _ remedy: String) -> Finding {
        Finding(subject: subject, verdict: .bad, text: text, remedy: remedy)
    }
}

extension Finding {
    init(_ found: StoreFinding) {
        self.init(subject: found.subject, verdict: found.verdict, text: found.text, remedy: found.remedy)
    }
}
