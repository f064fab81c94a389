import Foundation
import InspectorCore
import Synchronization

/// Where effects leave their answers, and what wakes the loop for them.
final class Mailbox: Sendable {
    private let messages = Mutex<[Message]>([])
    private let wakeUp: WakeUpPipe

    init(_ wakeUp: WakeUpPipe) {
        self.wakeUp = wakeUp
    }

    func post(_ message: Message) {
        let wasEmpty = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if wasEmpty { wakeUp.write(WakeUpPipe.mail) }
    }

    func drain() -> [Message] {
        messages.withLock { messages in
            defer { messages.removeAll() }
            return messages
        }
    }
}
