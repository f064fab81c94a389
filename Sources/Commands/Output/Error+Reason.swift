import Foundation

extension Error {
    /// Why the system did not do it, without what Foundation says before every reason.
    var reason: String {
        localizedDescription.replacing("The operation could not be completed. ", with: "")
    }
}
