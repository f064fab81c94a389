import Foundation
import GRDB
import VisitorSessions

/// Reads the cookies of a Firefox profile (`cookies.sqlite`).
enum FirefoxCookies {
    typealias Cookie = (host: String, name: String, value: String)

    /// The lengths of cookie values to read. Shorter values can't be tokens, and browsers don't accept longer ones.
    private static let lengths = 20...65_536

    /// In bytes.
    private static let sizeLimit = 64 << 20

    /// Copies the file first, so that a running browser isn't disturbed.
    static func read(_ url: URL) throws(StoreError) -> [Cookie] {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(path: "session-inspector-\(UUID().uuidString)")
        do {
            try manager.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            defer { try? manager.removeItem(at: folder) }  // Only a copy.
            let copy = folder.appending(path: "cookies.sqlite")
            try manager.copyItem(at: url, to: copy)
            // The write-ahead log may contain the latest changes.
            let log = URL(filePath: url.path + "-wal")
            if manager.fileExists(atPath: log.path) {
                try manager.copyItem(at: log, to: URL(filePath: copy.path + "-wal"))
            }
            return try DatabaseQueue(path: copy.path).read { database in
                guard try database.tableExists("moz_cookies") else {
                    throw StoreError(.unusable, "This database doesn't contain Firefox cookies.")
                }
                let rows = try Row.fetchCursor(
                    database,
                    sql: "SELECT host, name, value FROM moz_cookies WHERE length(value) BETWEEN ? AND ? ORDER BY rowid",
                    arguments: [lengths.lowerBound, lengths.upperBound])
                var cookies: [Cookie] = []
                var size = 0
                while let row = try rows.next() {
                    let cookie = (text(row[0]), text(row[1]), text(row[2]))
                    size += cookie.0.utf8.count + cookie.1.utf8.count + cookie.2.utf8.count
                    guard size <= sizeLimit else {
                        throw StoreError(
                            .unusable,
                            "Its cookies exceed the limit of \(sizeLimit >> 20) MiB.")
                    }
                    cookies.append(cookie)
                }
                return cookies
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(
                .unusable, "The cookies can't be read: the file is damaged or not accessible.",
                detail: "\(type(of: error))")
        }
    }

    /// A column's text. Empty for other types, which are possible because another program owns the database.
    private static func text(_ value: DatabaseValue) -> String {
        String.fromDatabaseValue(value) ?? ""
    }
}
