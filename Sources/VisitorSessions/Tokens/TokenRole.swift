/// Whom a refresh token stands for, in the words of the Wix JavaScript SDK.
public enum TokenRole: String, Sendable, Hashable, CaseIterable, Codable {
    /// An anonymous person on a site.
    case visitor
    /// A person who has logged in.
    case member
    /// Nobody: the SDK's empty pair has this role.
    case none
}
