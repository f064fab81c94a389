import Foundation
import PostgresSessions
import SQLiteSessions
import VisitorSessions

/// Where a store is, as people name it: a path, or a URL that says what kind it is.
enum StoreLocation {
    case sqlite(URL)
    case postgres(PostgresAddress)

    init(_ text: String) throws {
        guard !text.isEmpty else { throw Failure(.usage, "--store needs a path, or postgresql://HOST/DATABASE.") }
        if PostgresAddress.isMeant(by: text) {
            self = .postgres(try PostgresAddress(text))
        } else if let file = text.dropping("sqlite://") ?? text.dropping("sqlite:") ?? text.dropping("file://") {
            self = .sqlite(try Self.url(file))
        } else if text.contains("://") {
            throw Failure(
                .configuration,
                "The store is not of a kind that is known here. Give a path, sqlite:PATH or postgresql://HOST/DATABASE."
            )
        } else {
            self = .sqlite(try Self.url(text))
        }
    }

    private static func url(_ path: String) throws -> URL {
        if !path.hasPrefix("/") { try ReadableText.requireCurrentFolder() }
        return URL(filePath: path)
    }

    /// What may be shown of a store that was named: all but a password.
    static func shown(_ text: String) -> String {
        guard PostgresAddress.isMeant(by: text) else {
            return text.replacing(/(?i)(password\s*=\s*)\S+/) { "\($0.output.1)…" }
        }
        // Whatever stands between the first colon of the user and the last @ is hidden, even where it is badly written.
        return text.replacing(/:\/\/([^:@]*):.*@/) { "://\($0.output.1):…@" }
            .replacing(/(?i)([?&](?:ssl)?password=)[^&#]*/) { "\($0.output.1)…" }
    }

    /// Whether it is a file that is not there.
    var isMissing: Bool {
        guard case .sqlite(let url) = self else { return false }
        return !FileManager.default.fileExists(atPath: url.path)
    }

    /// - Parameter makes: Whether a store that is not there is made.
    func open(key: SealingKeySource, readOnly: Bool, makes: Bool) throws -> any SessionBrowser & StoreMaintenance {
        switch self {
        case .sqlite(let url):
            guard makes || FileManager.default.fileExists(atPath: url.path) else {
                throw Failure(.store, "There is no store at \(url.path). Generate or set a session to make one.")
            }
            return try SQLiteSessionStore.open(at: url, key: key, readOnly: readOnly)
        case .postgres(let address):
            return try PostgresSessionStore.open(at: address, key: key, readOnly: readOnly, makes: makes)
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
