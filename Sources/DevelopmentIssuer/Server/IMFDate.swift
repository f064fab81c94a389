import Foundation

/// The date of a header field, such as `Tue, 07 May 2024 12:00:00 GMT` (RFC 9110, section 5.6.7). Its names are
/// English, whatever language the machine speaks.
enum IMFDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func text(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let weekday = weekdays[calendar.component(.weekday, from: date) - 1]
        let month = months[calendar.component(.month, from: date) - 1]
        let day = twoDigits(calendar.component(.day, from: date))
        let time = [.hour, .minute, .second].map { twoDigits(calendar.component($0, from: date)) }
        return "\(weekday), \(day) \(month) \(calendar.component(.year, from: date)) "
            + "\(time.joined(separator: ":")) GMT"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
