public import Foundation
public import VisitorSessions

/// What happened, to the person or to the world.
public enum Message: Sendable {
    case key(Key)
    /// Text that came in at one go, as terminals with bracketed paste mark it.
    case paste(String)
    case mouse(MouseEvent)
    case resized(Size)
    case time(Date)

    case storeChanged
    case storeFailed(StoreError)
    case loaded(LoadedList)
    case counted(SessionCensus, at: Date)
    case ranked(SessionRank, RankRequest)
    case opened(SessionDetails)
    case happened(JournalEntry)
    case scheduled(SchedulerReport)
    case read(Result<TokenPreview, UnreadableTokensNotice>, serial: Int)
    /// The sessions that hold a token, or held it before.
    case held(by: [VisitorSession], isNow: Bool)
    case finished(Outcome)
    /// The requests that were under way are finished, or have taken too long.
    case requestsFinished
    case copied(Copied)
    case revealed(SessionID, Tokens)
    /// The issuer, which had not answered, does again.
    case issuerAnswers
    /// An issuer's answer to a question about one session.
    case answered(Notice, about: VisitorSession)
    /// Something that was asked for could not be done, and changed nothing.
    case failed(String)
    case edited(Secret)
}

/// Why a text holds no tokens, in one safe sentence.
public struct UnreadableTokensNotice: Error, Hashable, Sendable {
    public var sentence: String

    public init(_ sentence: String) {
        self.sentence = sentence
    }
}
