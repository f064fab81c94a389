/// How the program ends, by the numbers of sysexits.h.
enum ExitStatus: Int32 {
    case success = 0
    case usage = 64
    case unreadableInput = 65
    case noSuchSession = 66
    case issuer = 69
    case cannotCreate = 73
    case store = 74
    case transient = 75
    case permission = 77
    case configuration = 78
}
