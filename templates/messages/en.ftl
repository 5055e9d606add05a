### Everything a person reads, in English (F8). A language is one more file of the same messages.
### Sections follow the rooms of the house; a message named after a code bears its code with hyphens.

## Time

time-instant = less than a minute
time-minutes = { $n } min
time-hours = { $n } h
time-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
time-months = { $n ->
    [one] { $n } month
   *[other] { $n } months
}
time-years = { $n ->
    [one] { $n } year
   *[other] { $n } years
}
time-two = { $large } { $small }
time-ago = { $duration } ago
time-in = in { $duration }
time-now = just now
time-absolute = { $date }, { $time } { $zone }
time-today = Today { $time }
time-tomorrow = Tomorrow { $time }
time-yesterday = Yesterday { $time }
time-weekday = { $day } { $time }
time-date = { $date }, { $time }
time-at-tomorrow = { $time } tomorrow
time-at-yesterday = { $time } yesterday
time-at-day = { $time } on { $day }
time-day-month-year = { $day } { $month } { $year }

month-jan = January
month-feb = February
month-mar = March
month-apr = April
month-may = May
month-jun = June
month-jul = July
month-aug = August
month-sep = September
month-oct = October
month-nov = November
month-dec = December
month-short-jan = Jan
month-short-feb = Feb
month-short-mar = Mar
month-short-apr = Apr
month-short-may = May
month-short-jun = Jun
month-short-jul = Jul
month-short-aug = Aug
month-short-sep = Sep
month-short-oct = Oct
month-short-nov = Nov
month-short-dec = Dec
weekday-mon = Monday
weekday-tue = Tuesday
weekday-wed = Wednesday
weekday-thu = Thursday
weekday-fri = Friday
weekday-sat = Saturday
weekday-sun = Sunday
weekday-short-mon = Mon
weekday-short-tue = Tue
weekday-short-wed = Wed
weekday-short-thu = Thu
weekday-short-fri = Fri
weekday-short-sat = Sat
weekday-short-sun = Sun
