public import VisitorSessions

public import struct Foundation.Date

/// What happened, to the person or to the world.
public enum Message: Sendable {
    case key(Key)
    /// Text that came in at one go, as terminals with bracketed paste mark it.
    case paste(String)
    case resized(Size)
    case time(Date)

    case storeChanged
    case storeFailed(StoreError)
    case loaded(LoadedList)
    case counted(SessionCensus)
    case opened(SessionDetails)
    case read(Result<TokenPreview, UnreadableTokensNotice>, serial: Int)
    case finished(Outcome)
}

/// Why a text holds no tokens, in one safe sentence.
public struct UnreadableTokensNotice: Error, Hashable, Sendable {
    public var sentence: String

    public init(_ sentence: String) {
        self.sentence = sentence
    }
}
