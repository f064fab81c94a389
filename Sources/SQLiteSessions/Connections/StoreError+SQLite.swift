import Foundation
import GRDB
import VisitorSessions

extension StoreError {
    /// What a failure of SQLite or the file system means for the store at `url`. Statements and arguments stay out of
    /// the detail.
    init(sqlite error: any Error, at url: URL? = nil) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            // SQLite reports only that it failed; the file system knows why.
            if Self.isFileError(error), let url, let fileError = StoreFolder(url: url).folderError ?? .shortage {
                self.init(fileError, atFolderOf: url)
                detail = "\(Self.detail(error)), \(fileError)"
            } else {
                self.init(error)
            }
        case is CancellationError: self.init(.unavailable, "The read was cancelled.")
        default:
            self.init(.unavailable, "The store's files can't be accessed. Check the disk.", detail: "\(error)")
        }
    }

    /// The error if files can't be created in the folder of the store at `url`.
    init(_ fileError: FileError, atFolderOf url: URL) {
        if fileError.isFull {
            self = .full("the store", detail: "\(fileError)")
        } else if fileError.isForbidden {
            self.init(
                .readOnly, "The folder of the store \(url.path) isn't writable: \(fileError.reason).",
                detail: "\(fileError)")
        } else {
            self.init(
                .unavailable, "The store \(url.path) can't be opened: \(fileError.reason).", detail: "\(fileError)")
        }
    }

    /// Whether the cause may be that SQLite can't create or grow its files.
    static func isFileError(_ error: DatabaseError) -> Bool {
        [.SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_FULL].contains(error.resultCode)
    }

    private static func detail(_ error: DatabaseError) -> String {
        "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? error.resultCode.description)"
    }

    private init(_ error: DatabaseError) {
        let (kind, message): (Kind, String) =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
                (.unavailable, "Another program has locked the store. Try again when it finishes.")
            case .SQLITE_FULL:
                (.full, StoreError.full("the store").message)
            case .SQLITE_INTERRUPT, .SQLITE_ABORT:
                (.unavailable, "The operation was interrupted. Nothing was changed.")
            case .SQLITE_IOERR, .SQLITE_NOMEM:
                (.unavailable, "The store's files can't be read or written. Check the disk.")
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                (.readOnly, "The store's file can't be written. Check its owner and permissions.")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                (.unusable, "The store's file is damaged. Keep it, and restore a backup.")
            case .SQLITE_CANTOPEN:
                (.unusable, "The store's file can't be opened. Check its folder's owner and permissions.")
            default:
                (.unusable, "Unexpected database error.")
            }
        self.init(kind, message, detail: Self.detail(error))
    }

    /// Runs `body` and adds the store's path to an error's detail.
    static func mapping<Value>(at url: URL, _ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch {
            var failure = StoreError(sqlite: error, at: url)
            failure.detail = [failure.detail, url.path].compactMap(\.self).joined(separator: ", at ")
            throw failure
        }
    }
}
