import Foundation
import GRDB
import VisitorSessions

extension StoreError {
    /// What a failure of SQLite, or of the file system beneath it, means for the store. The one place where it is
    /// said. Statements and their arguments stay out of the detail.
    init(sqlite error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(error)
        case is CancellationError: self.init(.unavailable, "The reading was cancelled.")
        case CocoaError.fileWriteNoPermission, POSIXError.EACCES, POSIXError.EPERM,
            CocoaError.fileWriteVolumeReadOnly, POSIXError.EROFS:
            self.init(
                .readOnly, "The store's folder may not be written. Check its owner and permissions.", detail: "\(error)"
            )
        default:
            self.init(.unavailable, "The store's files cannot be reached. Check the disk.", detail: "\(error)")
        }
    }

    private init(_ error: DatabaseError) {
        let (kind, message): (Kind, String) =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
                (.unavailable, "The store is locked by another program. Try again when that has finished.")
            case .SQLITE_FULL:
                (.unavailable, "The disk is full. Make room and try again; nothing was changed.")
            case .SQLITE_INTERRUPT, .SQLITE_ABORT:
                (.unavailable, "The store's work was interrupted; nothing was changed.")
            case .SQLITE_IOERR, .SQLITE_NOMEM:
                (.unavailable, "The store's files cannot be read or written just now. Check the disk.")
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                (.readOnly, "The store's file or file system may only be read. Nothing was changed.")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                (.unusable, "The store's file is damaged. Keep it, and take back a copy.")
            case .SQLITE_CANTOPEN:
                (.unusable, "The store's file cannot be opened. Check its folder's owner and permissions.")
            default:
                (.unusable, "The store did not understand what it was asked.")
            }
        let reason = error.message ?? error.resultCode.description
        self.init(kind, message, detail: "SQLite \(error.extendedResultCode.rawValue): \(reason)")
    }

    /// Runs `body`, and says of which store its failure is.
    static func mapping<Value>(at url: URL, _ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch {
            var failure = StoreError(sqlite: error)
            failure.detail = [failure.detail, url.path].compactMap(\.self).joined(separator: ", at ")
            throw failure
        }
    }
}
