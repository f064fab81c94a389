import Foundation
import GRDB
import VisitorSessions

extension StoreError {
    /// What a failure of SQLite, or of the file system beneath it, means for the store at `url`. The one place where it is
    /// said. Statements and their arguments stay out of the detail.
    init(sqlite error: any Error, at url: URL? = nil) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            // SQLite says that it can't, and the file system why.
            if Self.isOfFiles(error), let url, let obstacle = StoreFolder(url: url).folderObstacle ?? .shortage {
                self.init(obstacle, atFolderOf: url)
                detail = "\(Self.detail(error)), \(obstacle)"
            } else {
                self.init(error)
            }
        case is CancellationError: self.init(.unavailable, "The reading was cancelled.")
        default:
            self.init(.unavailable, "The store's files cannot be reached. Check the disk.", detail: "\(error)")
        }
    }

    /// What it means that no files can be made beside the store.
    init(_ obstacle: FileError, atFolderOf url: URL) {
        if obstacle.isFull {
            self = .full("the store", detail: "\(obstacle)")
        } else if obstacle.isForbidden {
            self.init(
                .readOnly, "The folder of the store \(url.path) can't be written: \(obstacle.reason).",
                detail: "\(obstacle)")
        } else {
            self.init(
                .unavailable, "The store \(url.path) can't be opened: \(obstacle.reason).", detail: "\(obstacle)")
        }
    }

    /// Whether it may come from what keeps SQLite from making or growing its files.
    static func isOfFiles(_ error: DatabaseError) -> Bool {
        [.SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_FULL].contains(error.resultCode)
    }

    private static func detail(_ error: DatabaseError) -> String {
        "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? error.resultCode.description)"
    }

    private init(_ error: DatabaseError) {
        let (kind, message): (Kind, String) =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
                (.unavailable, "The store is locked by another program. Try again when that has finished.")
            case .SQLITE_FULL:
                (.full, StoreError.full("the store").message)
            case .SQLITE_INTERRUPT, .SQLITE_ABORT:
                (.unavailable, "The store's work was interrupted; nothing was changed.")
            case .SQLITE_IOERR, .SQLITE_NOMEM:
                (.unavailable, "The store's files cannot be read or written just now. Check the disk.")
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                (.readOnly, "The store's file can't be written. Check its owner and permissions.")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                (.unusable, "The store's file is damaged. Keep it, and take back a copy.")
            case .SQLITE_CANTOPEN:
                (.unusable, "The store's file cannot be opened. Check its folder's owner and permissions.")
            default:
                (.unusable, "The store did not understand what it was asked.")
            }
        self.init(kind, message, detail: Self.detail(error))
    }

    /// Runs `body`, and names the store in its failure.
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
