import Foundation
import GRDB
import VisitorSessions

/// The cookies of a Firefox profile: its file `cookies.sqlite`.
enum FirefoxCookies {
    typealias Cookie = (host: String, name: String, value: String)

    /// Longer ones than a browser takes are left out; so are those too short for a token.
    private static let lengths = 20...65_536

    /// The most that is read, in bytes.
    private static let sizeLimit = 64 << 20

    /// Reads the cookies. The file is copied first: a browser that is running does not notice.
    static func read(_ url: URL) throws(StoreError) -> [Cookie] {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(path: "session-inspector-\(UUID().uuidString)")
        do {
            try manager.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            defer { try? manager.removeItem(at: folder) }  // A copy of what stays where it was.
            let copy = folder.appending(path: "cookies.sqlite")
            try manager.copyItem(at: url, to: copy)
            // What the browser has written last may still be there.
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

    /// Empty for another type: the database is another program's.
    private static func text(_ value: DatabaseValue) -> String {
        String.fromDatabaseValue(value) ?? ""
    }
}
