package demo

// Texts of customers and of the platform's staff.
var (
	subjects = []string{
		"Contact form sends nothing", "Moving our domain", "Invoice address has changed", "Photos look blurred on phones",
		"Opening hours over the holidays", "Login of a new colleague", "Second language for our site", "Newsletter does not arrive",
		"Shop shows the wrong tax", "Backup of last Tuesday", "Certificate warning in the browser", "Cancelling the booking plug-in",
	}
	openings = []string{
		"Hello,", "Good morning,", "Dear team,", "Hi there,", "Sorry to bother you again:", "As discussed on the phone:", "Quick question:",
	}
	questions = []string{
		"since yesterday our visitors see an error page instead of the order form. Can you look into it today?",
		"we would like to have the site in English and French as well. What would that cost?",
		"could you please send us the last three invoices once more, as PDF?",
		"our logo has changed; I attach the new one. Please replace it everywhere.",
		"is it possible to book two dates at once? The form only takes one.",
		"the price list is from last year. Who can change it, you or we?",
		"we are moving at the end of the month and need the new address on every page.",
		"how many visitors did we have in spring? My boss wants a chart.",
		"please remove the old staff photos, two colleagues have left.",
		"our newsletter lands in the spam folder of about every third customer.",
	}
	answers = []string{
		"Thank you for telling us. We have found the cause and it will be fixed tonight.",
		"That is included in your plan. Shall we switch it on for you?",
		"We have sent the documents to the address that we have on file.",
		"Could you tell us which browser and which page this happens with?",
		"Done. It can take an hour until everybody sees it.",
		"We will send you a quote for that by Friday.",
		"Our colleague will call you tomorrow between nine and eleven.",
	}
	thanks = []string{"Great, thank you!", "Perfect, that was quick.", "Thanks, I will try that.", "All right, bye."}

	services = []string{
		"Website redesign", "Online shop set-up", "Hosting, one year", "Photo session on site", "Search engine check", "Accessibility review",
		"Newsletter template", "Staff training", "Domain transfer", "Copywriting, per page", "Maintenance, monthly", "Booking plug-in",
	}
	currencies = []string{"EUR", "EUR", "EUR", "GBP", "CHF", "USD"}
)
