import Foundation
import VisitorSessions

/// Checks the store. Changes nothing.
struct StoreCheckup {
    let context: CommandContext

    /// The path of the key file.
    let keys: String

    /// Whether to decrypt the tokens of all sessions.
    let checksAll: Bool

    func findings() async -> [Finding] {
        var found: [Finding] = []
        if let path = context.missingStore {
            // A store that was named may be misspelled.
            return context.configuration.store == nil
                ? [.note("store", "none yet: \(path)", "It is created with the first session.")]
                : [.bad("store", "No store at \(path).", "Generate a session or set tokens to create it.")]
        }
        do {
            found += try await context.store.findings()
            if let address = context.configuration.store, StoreLocation.shown(address) != address {
                found.append(
                    .note(
                        "password", "The store's address contains the password, which others may see",
                        "Move it to ~/.pgpass (mode 0600)."))
            }
            found.append(
                try await TokenCheckup(context: context, keys: keys, checksAll: checksAll).finding())
        } catch {
            found.append(
                .bad("store", Failure(error)?.message ?? "It can't be read.", "Try again, or check its file."))
        }
        return found
    }
}

/// Checks where the sealing key comes from. If other users can read the key file, the store isn't opened.
struct KeyCheckup {
    let file: URL
    let environment: [String: String]

    func finding() -> Finding {
        if environment["SESSION_INSPECTOR_KEY"]?.nonEmpty != nil {
            return .good("key", "from SESSION_INSPECTOR_KEY")
        }
        let path = file.path
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

/// A result of a check, and what to do about it.
typealias Finding = StoreFinding

extension Finding {
    static func good(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(.good, subject, text, remedy: remedy)
    }

    /// A finding that is only informational.
    static func note(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(.note, subject, text, remedy: remedy)
    }

    static func bad(_ subject: String, _ text: String, _ remedy: String) -> Finding {
        Finding(.bad, subject, text, remedy: remedy)
    }
}
