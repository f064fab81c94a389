import Foundation
import Synchronization
import VisitorSessions

/// A private file in which one process at a time builds a store. What a killed process left in it is overwritten.
///
/// Its lock (flock(2)) stays with the file when it is renamed, and ends with the process.
final class BuildFile: Sendable {
    let url: URL
    private let folder: StoreFolder
    private let descriptor: Mutex<Int32>

    /// An empty file. `nil`: another process holds it.
    static func create(_ url: URL, for folder: StoreFolder) throws(FileError) -> BuildFile? {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last }
        // If the file was renamed before this process got the lock, it is now a store and must not be emptied.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, FileIdentity(at: url.path) == FileIdentity(of: descriptor)
        else {
            close(descriptor)
            return nil
        }
        let file = BuildFile(url, folder, descriptor)
        folder.removeCompanions(of: url)
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else { throw .last }
        return file
    }

    private init(_ url: URL, _ folder: StoreFolder, _ descriptor: Int32) {
        self.url = url
        self.folder = folder
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            folder.remove(url)
            close(descriptor)
        }
    }

    /// Renames the file to the store's name, durable on return. Call it once, before another connection opens the file:
    /// it closes the descriptor, which releases all locks of this process on the file (fcntl(2)).
    func replaceStore() throws(FileError) {
        try descriptor.withLock { descriptor throws(FileError) in
            guard fsync(descriptor) == 0 else { throw .last }
            try folder.rename(url)
            close(descriptor)
            descriptor = -1
        }
    }
}
