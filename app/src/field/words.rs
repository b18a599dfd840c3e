//! Every text of the field screens, Dutch and English side by side; what is missing does not compile.
//! What residents read themselves stands in [`super::resident`].

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::wire::ReasonCode;

use crate::words::{Language, chosen};

macro_rules! texts {
    ($($name:ident: $nl:literal, $en:literal;)*) => {
        pub(crate) struct Words { $(pub(crate) $name: &'static str),* }
        static NL: Words = Words { $($name: $nl),* };
        static EN: Words = Words { $($name: $en),* };
    };
}

pub(crate) fn words() -> &'static Words {
    match chosen() {
        Language::Dutch => &NL,
        Language::English => &EN,
    }
}

texts! {
    // The way in
    starting: "Even kijken wat er op deze tablet staat…", "Looking at what is on this tablet…";
    other_windows: "Koffiekar is vernieuwd. Sluit de andere vensters van Koffiekar op deze tablet; dan gaat dit venster vanzelf verder.",
        "Koffiekar was renewed. Close the other windows of Koffiekar on this tablet; this window then goes on by itself.";
    enrol_title: "Aanmelden op deze tablet", "Sign in on this tablet";
    enrol_lead: "Dit doet u één keer, met verbinding. Daarna werkt alles ook zonder.",
        "You do this once, with a connection. After that everything works without one.";
    login: "Gebruikersnaam", "User name";
    login_hint: "Die kreeg u van uw beheerder.", "Your administrator gave it to you.";
    password: "Wachtwoord", "Password";
    password_hint: "Met dit wachtwoord gaan ook uw gesprekken op deze tablet op slot.",
        "This password also locks your conversations on this tablet.";
    label: "Naam van deze tablet", "Name of this tablet";
    label_hint: "Bijvoorbeeld: Tablet 7. Zo herkent de beheerder hem.",
        "For instance: Tablet 7. The administrator knows it by this name.";
    enrol: "Aanmelden", "Sign in";
    busy: "Bezig…", "Busy…";
    unlock_title: "Ontgrendelen", "Unlock";
    unlock_who: "Wie bent u?", "Who are you?";
    unlock_hint: "Het wachtwoord waarmee u deze tablet het laatst opende. Dit werkt ook zonder verbinding.",
        "The password with which you last opened this tablet. This works without a connection too.";
    unlock: "Ontgrendel", "Unlock";
    someone_else: "Iemand anders aanmelden", "Sign someone else in";
    someone_else_hint: "Daarvoor is verbinding nodig.", "This needs a connection.";
    back_to_people: "Terug", "Back";
    show_password: "Wachtwoord tonen", "Show password";
    wrong_password: "Dit wachtwoord opent deze tablet niet. Gebruik het wachtwoord waarmee u hem het laatst opende, ook als u intussen een nieuw wachtwoord kreeg.",
        "This password does not open this tablet. Use the one with which you last opened it, also if you got a new password since.";
    new_password_have: "Ik kreeg een nieuw wachtwoord", "I got a new password";
    new_password_have_hint: "Of ik weet het vorige niet meer.", "Or I do not know the previous one any more.";
    new_password_title: "Een nieuw wachtwoord", "A new password";
    new_password_which: "Deze tablet gaat open met het wachtwoord waarmee u hem het laatst opende. Een nieuw wachtwoord van uw beheerder kent de tablet nog niet. Weet u het vorige wachtwoord nog? Ga terug en gebruik dat.",
        "This tablet opens with the password with which you last opened it. It does not know a new password from your administrator yet. Do you remember the previous one? Go back and use that.";
    new_password_back: "Terug", "Back";
    new_password_all_there: "Al uw gesprekken op deze tablet zijn veilig opgeslagen bij het kantoor. Met uw nieuwe wachtwoord en een verbinding begint u hier opnieuw. Daarna komen ze terug op deze tablet.",
        "All your conversations on this tablet are safely stored at the office. With your new password and a connection you begin anew here. Then they come back to this tablet.";
    new_password_field: "Nieuw wachtwoord", "New password";
    new_password_field_hint: "Dat u van uw beheerder kreeg.", "The one that your administrator gave you.";
    new_password_begin: "Begin opnieuw", "Begin anew";
    new_password_wrong: "De server kent dit wachtwoord niet bij uw naam. Er is niets gewist.", "The server does not know this password with your name. Nothing was erased.";
    new_password_only_here: "Niet alles is bij het kantoor", "Not everything is at the office";
    new_password_unsent_one: "1 gesprek staat alleen op deze tablet of wacht op een beheerder.", "1 conversation is on this tablet alone or waits for an administrator.";
    new_password_unsent_many: "{} gesprekken staan alleen op deze tablet of wachten op een beheerder.", "{} conversations are on this tablet alone or wait for an administrator.";
    new_password_unfinished_one: "1 gesprek of wijziging is niet af.", "1 conversation or change is not finished.";
    new_password_unfinished_many: "{} gesprekken of wijzigingen zijn niet af.", "{} conversations or changes are not finished.";
    new_password_unreadable_one: "1 stuk is niet te lezen.", "1 piece is unreadable.";
    new_password_unreadable_many: "{} stukken zijn niet te lezen.", "{} pieces are unreadable.";
    new_password_unknown: "Deze tablet weet niet zeker of het kantoor alles heeft.", "This tablet is not sure whether the office has everything.";
    new_password_only_here_text: "Alleen het vorige wachtwoord opent dit. Daarom kunt u hier niet opnieuw beginnen. Er is niets gewist. Weet u het vorige wachtwoord echt niet meer? Vraag uw beheerder, en werk zolang op een andere tablet.",
        "The previous password alone opens this. That is why you cannot begin anew here. Nothing was erased. Do you really not know the previous password any more? Ask your administrator, and work on another tablet meanwhile.";
    new_password_rescue: "Zo komen de gesprekken die af zijn toch bij het kantoor: maak dit bestand en geef het aan uw beheerder. Alleen het kantoor kan het openen.",
        "This is how the finished conversations reach the office all the same: make this file and give it to your administrator. The office alone can open it.";
    new_password_rescue_not_all: "Wat niet af is, komt niet in het bestand.", "What is not finished is not in the file.";
    new_password_file_made: "Gemaakt: {}. Kijk bij Downloads en geef het aan uw beheerder.", "Made: {}. Look in Downloads and give it to your administrator.";
    wrong_sign_in: "Deze gebruikersnaam en dit wachtwoord horen niet bij elkaar.",
        "This user name and password do not belong together.";
    password_short: "Een wachtwoord voor een tablet heeft ten minste 10 tekens. Vraag uw beheerder om een langer wachtwoord.",
        "A password for a tablet has at least 10 characters. Ask your administrator for a longer one.";
    other_password: "Op deze tablet staat al werk van u, op slot met een ander wachtwoord. Ga terug en ontgrendel met dat wachtwoord. Weet u het niet meer? Tik dan op Ik kreeg een nieuw wachtwoord.",
        "Work of yours is on this tablet, locked with another password. Go back and unlock with that password. You do not know it any more? Then tap I got a new password.";
    no_locks: "Deze browser kan vensters niet uit elkaar houden. Gebruik een nieuwe versie van Chrome of Edge, via https.",
        "This browser cannot keep windows apart. Use a recent Chrome or Edge, over https.";
    fill_in: "Vul dit in.", "Fill this in.";
    at_most: "Ten hoogste {} tekens.", "At most {} characters.";
    elsewhere_title: "Koffiekar is al open in een ander venster", "Koffiekar is already open in another window";
    elsewhere_text: "Ga daar verder. Sluit u het andere venster of vergrendelt u het, dan kunt u hier ontgrendelen: dit venster ziet dat vanzelf.",
        "Continue there. When you close or lock the other window you can unlock here: this window notices by itself.";
    try_here: "Probeer het hier", "Try here";
    no_connection_enrol: "Geen verbinding met de server. Aanmelden op een tablet kan alleen met verbinding.",
        "No connection to the server. Signing in on a tablet needs one.";
    no_connection: "Geen verbinding. Het gaat vanzelf zodra die er is.", "No connection. It goes by itself once there is one.";
    no_storage_title: "Op deze tablet kan niets worden bewaard", "Nothing can be kept on this tablet";
    no_storage_text: "De browser geeft geen opslag. Sluit een privévenster, maak ruimte vrij of vraag uw beheerder. Leg nog geen gesprekken vast.",
        "The browser gives no storage. Close a private window, make room or ask your administrator. Do not record conversations yet.";
    storage_full: "De opslag van deze tablet is vol. Uw laatste woorden zijn nog niet bewaard. Maak ruimte vrij (foto's, andere apps) en tik daarna op Bewaar opnieuw.",
        "This tablet's storage is full. Your last words are not kept yet. Make room (photos, other apps), then tap Keep again.";
    storage_broken: "Deze tablet kan nu niets bewaren. Laat dit scherm open en vraag uw beheerder.",
        "This tablet can keep nothing now. Leave this screen open and ask your administrator.";
    storage_emptied: "De opslag van deze browser is gewist, en opnieuw bewaren lukt nog niet. Alles staat nu alleen op dit scherm: sluit Koffiekar niet. Maak ruimte vrij en tik daarna op Bewaar opnieuw, of maak bij Deze tablet een reddingsbestand.",
        "This browser's storage was emptied, and keeping everything again does not work yet. All of it is on this screen alone now: do not close Koffiekar. Make room and tap Keep again, or make a rescue file under This tablet.";
    written_anew: "De opslag van deze browser is gewist terwijl Koffiekar open was. Alles wat hier open was, is om {} opnieuw op deze tablet bewaard. Gebruik geen opruim-apps en wis geen sitegegevens op deze tablet.",
        "This browser's storage was emptied while Koffiekar was open. All that was open here was kept on this tablet again at {}. Do not use cleaning apps and do not clear site data on this tablet.";
    written_anew_others: "Dit gold niet voor wie hier ook werken: {}. Wat zij nog niet verstuurd hadden, is weg. Zeg het hun en uw beheerder.",
        "This does not hold for who else works here: {}. What they had not sent is gone. Tell them and your administrator.";
    emptied: "De opslag van deze browser is gewist. Wat op deze tablet stond en nog niet verstuurd was, is weg. Zeg het uw beheerder, en meld u opnieuw aan.",
        "This browser's storage was emptied. What was on this tablet and was not sent is gone. Tell your administrator, and sign in again.";
    renewed_title: "Koffiekar is vernieuwd", "Koffiekar was renewed";
    renewed_text: "In een ander venster draait een nieuwere versie. Alles wat u hier typte, is bewaard. Laad dit venster opnieuw, of ga verder in het andere.",
        "A newer version runs in another window. All that you typed here is kept. Load this window anew, or go on in the other one.";
    load_anew: "Laad opnieuw", "Load anew";
    locked_itself: "De tablet heeft zichzelf vergrendeld, omdat hij {} minuten niet is aangeraakt. Alles wat u typte, is bewaard.",
        "The tablet locked itself, because nobody touched it for {} minutes. All that you typed is kept.";
    aside_one: "1 gesprek gaat niet open", "1 conversation does not open";
    aside_many: "{} gesprekken gaan niet open", "{} conversations do not open";
    aside_text: "Koffiekar stopte toen het zo'n gesprek opende. Daarom staat het apart: er is niets gewist, en wat nog niet verstuurd was, komt mee in het reddingsbestand. Zeg het uw beheerder. Na een nieuwe versie van Koffiekar kunt u het opnieuw proberen; stopt Koffiekar weer, dan staat het daarna weer apart.",
        "Koffiekar stopped when it opened such a conversation. So it is set aside: nothing was erased, and what was not sent is in the rescue file. Tell your administrator. After a new version of Koffiekar you can try again; if Koffiekar stops again, it is set aside again.";
    aside_again: "Probeer opnieuw te openen", "Try to open again";
    keep_again: "Bewaar opnieuw", "Keep again";
    opening_failed: "De gegevens op deze tablet gaan niet open. Er is niets gewist. Vraag uw beheerder.",
        "The data on this tablet does not open. Nothing was erased. Ask your administrator.";

    // The sign
    sign_label: "Stand van het opslaan", "State of saving";
    sign_waiting: "Op deze tablet: {}", "On this tablet: {}";
    waits_one: "1 wacht", "1 waits";
    waits_many: "{} wachten", "{} wait";
    sign_sending: "Wordt verstuurd: nog {}", "Sending: {} left";
    sign_busy: "Bezig…", "Busy…";
    sign_undecided: "Op de server, bij de beheerder: {}", "On the server, with the administrator: {}";
    sign_typing: "Nog niet bewaard", "Not kept yet";
    sign_silent: "De server antwoordt niet", "The server does not answer";
    sign_stranger: "Geen Koffiekar: log eerst in op de wifi", "Not Koffiekar: log in to the wifi first";
    sign_safe: "Alles veilig opgeslagen om {}", "All safely stored at {}";
    sign_safe_day: "Alles veilig opgeslagen op {}", "All safely stored on {}";
    sign_rest_safe: "De rest veilig opgeslagen om {}", "The rest safely stored at {}";
    sign_rest_safe_day: "De rest veilig opgeslagen op {}", "The rest safely stored on {}";
    sign_never: "Nog geen contact met de server", "No contact with the server yet";
    sign_unchecked: "Nog niet nagekeken of de server alles heeft", "Not checked yet whether the server has everything";
    sign_needs_you: "Heeft u nodig: {}", "Needs you: {}";
    refused_one: "1 geweigerd", "1 refused";
    refused_many: "{} geweigerd", "{} refused";
    needs_sign_in: "opnieuw aanmelden", "sign in again";
    needs_room: "opslag vol", "storage full";
    needs_writing_anew: "opslag gewist", "storage emptied";
    needs_disk: "deze tablet bewaart nu niets", "this tablet keeps nothing now";
    needs_unreadable_one: "1 onleesbaar", "1 unreadable";
    needs_unreadable_many: "{} onleesbaar", "{} unreadable";
    drafts_one: "1 niet af", "1 not finished";
    drafts_many: "{} niet af", "{} not finished";
    signed_out_goes_on: "De server kent deze tablet niet meer. Ga gerust door met vastleggen: alles blijft op deze tablet tot u opnieuw bent aangemeld.",
        "The server does not know this tablet any more. Go on recording: everything stays on this tablet until you signed in again.";
    revoked_goes_on: "De toegang van deze tablet is beëindigd. U kunt doorgaan met vastleggen: een beheerder beslist over wat u nog instuurt.",
        "This tablet's access was ended. You can go on recording: an administrator decides about what you still send.";

    // The round
    rounds_title: "Kies een ronde", "Choose a round";
    other_round: "Andere ronde", "Other round";
    no_rounds: "Nog geen ronde", "No round yet";
    no_rounds_text: "Zodra deze tablet contact heeft met de server, staan uw rondes hier. Komt er niets? Vraag uw beheerder.",
        "As soon as this tablet reaches the server, your rounds are here. Nothing comes? Ask your administrator.";
    round: "Ronde", "Round";
    round_over: "afgelopen op {}", "ended on {}";
    round_ahead: "begint op {}", "begins on {}";
    round_over_title: "Deze ronde is afgelopen", "This round is over";
    round_over_text: "{} liep tot en met {}. Hoort dit gesprek daar nog bij?",
        "{} ran until {}. Does this conversation still belong to it?";
    round_ahead_title: "Deze ronde is nog niet begonnen", "This round has not begun";
    round_ahead_text: "{} begint op {}. Hoort dit gesprek daar al bij?",
        "{} begins on {}. Does this conversation belong to it already?";
    to_running_round: "Naar de ronde die nu loopt: {}", "To the round that runs now: {}";
    record_anyway: "Ja, vastleggen in deze ronde", "Yes, record in this round";
    do_not_record: "Niet vastleggen", "Do not record";
    round_closed: "gesloten", "closed";
    round_closed_text: "Deze ronde is gesloten: nieuwe gesprekken zijn niet meer mogelijk. Wat er is, kunt u nog lezen en verbeteren.",
        "This round is closed: no new conversations. What is there you can still read and correct.";
    new_conversation: "Nieuw gesprek", "New conversation";
    drafts: "Niet af", "Not finished";
    draft: "Concept, ga verder", "Draft, continue";
    draft_edit: "Wijziging, ga verder", "Change, continue";
    orphan: "Wijziging van een gesprek dat er niet meer is", "Change of a conversation that is gone";
    orphan_text: "U was iets aan het wijzigen. Dit typte u; het is nergens anders bewaard. Neem over wat u nodig hebt, of wis het.",
        "You were changing something. This is what you typed; it is kept nowhere else. Copy what you need, or erase it.";
    draft_empty: "(nog geen woorden)", "(no words yet)";
    conversations: "Gesprekken", "Conversations";
    no_conversations: "Op deze tablet staan nog geen gesprekken van deze ronde. Tik op Nieuw gesprek om te beginnen.",
        "There are no conversations of this round on this tablet yet. Tap New conversation to begin.";
    more: "Toon meer", "Show more";
    mine: "van mij", "mine";
    colleague: "van een collega", "a colleague's";
    no_area: "geen buurt", "no area";
    quotes_one: "1 citaat", "1 quote";
    quotes_many: "{} citaten", "{} quotes";
    only_notes: "alleen notities", "notes only";
    has_conflict: "twee lezingen", "two wordings";
    cannot_read: "Dit gesprek kan niet worden gelezen. Het staat er nog.", "This conversation cannot be read. It is still there.";
    standing_waiting: "alleen op deze tablet", "only on this tablet";
    standing_stored: "veilig opgeslagen", "safely stored";
    standing_undecided: "bij de beheerder", "with the administrator";
    standing_refused: "geweigerd", "refused";
    demo: "Demo: alle gesprekken zijn verzonnen.", "Demo: all conversations are invented.";

    // What was done elsewhere
    told_erased_one: "Een gesprek is op verzoek gewist. Er staat niets meer van op deze tablet.",
        "A conversation was erased on request. Nothing of it is left on this tablet.";
    told_erased_many: "{} gesprekken zijn op verzoek gewist. Er staat niets meer van op deze tablet.",
        "{} conversations were erased on request. Nothing of them is left on this tablet.";
    told_erased_lost: "Ook wat u daarin nog niet had verstuurd, is gewist.",
        "What you had not sent of it is erased too.";
    told_replaced_one: "In een gesprek zijn woorden van de bewoner op verzoek gewist. De rest van het gesprek is er nog.",
        "In a conversation, words of the resident were erased on request. The rest of the conversation is still there.";
    told_replaced_many: "In {} gesprekken zijn woorden van bewoners op verzoek gewist. De rest van die gesprekken is er nog.",
        "In {} conversations, words of residents were erased on request. The rest of those conversations is still there.";
    told_replaced_here: "In dit gesprek zijn woorden van de bewoner op verzoek gewist. De rest is er nog.",
        "In this conversation, words of the resident were erased on request. The rest is still there.";
    told_replaced_lost: "Uw wijziging van die woorden is mee gewist.",
        "Your change of those words was erased with them.";
    told_replaced_kept: "Wat u er verder aan veranderde, is bewaard.",
        "What else you changed in it was kept.";
    told_moved_one: "Een gesprek is naar een andere ronde verplaatst.", "A conversation was moved to another round.";
    told_moved_here: "Dit gesprek is naar een andere ronde verplaatst.", "This conversation was moved to another round.";
    told_moved_many: "{} gesprekken zijn naar een andere ronde verplaatst.",
        "{} conversations were moved to another round.";
    told_accepted_one: "Een beheerder heeft een gesprek van u aangenomen. Het is veilig opgeslagen.",
        "An administrator accepted a conversation of yours. It is safely stored.";
    told_accepted_here: "Een beheerder heeft dit gesprek aangenomen. Het is veilig opgeslagen.",
        "An administrator accepted this conversation. It is safely stored.";
    told_accepted_many: "Een beheerder heeft {} gesprekken van u aangenomen. Ze zijn veilig opgeslagen.",
        "An administrator accepted {} conversations of yours. They are safely stored.";
    told_left_one: "Een gesprek staat niet meer op deze tablet, omdat u er hier geen toegang meer toe hebt. Het is veilig opgeslagen op de server.",
        "A conversation is no longer on this tablet, because you have no access to it here any more. It is safely stored on the server.";
    told_left_many: "{} gesprekken staan niet meer op deze tablet, omdat u er hier geen toegang meer toe hebt. Ze zijn veilig opgeslagen op de server.",
        "{} conversations are no longer on this tablet, because you have no access to them here any more. They are safely stored on the server.";
    to_conversation: "Naar het gesprek", "To the conversation";

    // The form
    form_title: "Nieuw gesprek", "New conversation";
    quote: "Citaat", "Quote";
    quote_numbered: "Citaat {}", "Quote {}";
    quote_hint: "In de woorden van de bewoner", "In the resident's words";
    another_quote: "Nog een citaat", "Another quote";
    remove_quote: "Citaat weghalen", "Remove quote";
    removed_quote: "Citaat weggehaald.", "Quote removed.";
    undo: "Ongedaan maken", "Undo";
    notes: "Notitie", "Note";
    notes_hint: "Wat u zag en hoorde, niet de woorden van de bewoner", "What you saw and heard, not the resident's words";
    language: "Taal van het gesprek", "Language of the conversation";
    lang_nl: "Nederlands", "Dutch";
    lang_tr: "Turks", "Turkish";
    lang_ar: "Arabisch", "Arabic";
    lang_ber: "Berbers", "Berber";
    lang_en: "Engels", "English";
    lang_other: "Anders", "Other";
    area: "Buurt", "Area";
    area_choose: "Kies een buurt", "Choose an area";
    area_none: "Geen buurt", "No area";
    area_proposed: "Voorstel: de buurt van uw vorige gesprek van vandaag. Klopt het niet? Tik om te wijzigen.",
        "Proposal: the area of your conversation before, today. Not right? Tap to change it.";
    search: "Zoeken", "Search";
    nothing_found: "Niets gevonden.", "Nothing found.";
    more_found: "Er is meer. Typ hierboven om te zoeken.", "There is more. Type above to search.";
    recent: "Laatst gebruikt", "Used last";
    whole_wijk: "Heel {}", "All of {}";
    elsewhere: "Ruimer", "Wider";
    lines: "Actielijn", "Action line";
    lines_wait: "Voorstellen verschijnen hier terwijl u typt.", "Suggestions appear here while you type.";
    no_line: "Geen actielijn", "No action line";
    other_line: "Andere…", "Other…";
    choose_line: "Kies een actielijn", "Choose an action line";
    consent: "Toestemming", "Consent";
    consent_language: "Taal van de vragen", "Language of the questions";
    consent_hint: "Of lees de vragen hieronder voor. Wat geen antwoord krijgt, wordt niet vastgelegd en telt als nee.",
        "Or read the questions below aloud. What gets no answer is not recorded, and counts as no.";
    clear_answers: "Antwoorden wissen", "Clear the answers";
    questions_not_in: "Er zijn geen vragen in het {}. Ze staan nu in het {}. Kies een andere taal als de bewoner die beter begrijpt.",
        "There are no questions in {}. They are in {} now. Choose another language if the resident understands that better.";
    questions_not_in_this: "Kies een taal die de bewoner begrijpt. De vragen staan nu in het {}.",
        "Choose a language that the resident understands. The questions are in {} now.";
    contradictory: "De bewoner zegt: niet zonder naam, wel met naam. Vraag wat daarmee wordt bedoeld; de keuze staat onder de vragen.",
        "The resident says: not without a name, but with one. Ask what is meant; the choice is below the questions.";
    again_hint: "Ingevuld is wat nu geldt. Alleen wat u verandert, wordt vastgelegd.",
        "What holds now is filled in. Only what you change is recorded.";
    consent_stale: "Intussen is er een ander antwoord bij gekomen, van een andere tablet of van u. Wat hieronder staat, is van daarvoor.",
        "Meanwhile another answer came in, from another tablet or from you. What stands below is from before that.";
    ask_from_here: "Begin met wat nu geldt", "Begin with what holds now";
    confirm_answers: "Dit wordt vastgelegd", "This will be recorded";
    nothing_changes: "Er verandert niets", "Nothing changes";
    record_answers: "Vastleggen", "Record";
    leave_answers: "Laten zoals het is", "Leave it as it is";
    withdraw: "Intrekken", "Withdraw";
    withdrawn: "Ingetrokken: {}.", "Withdrawn: {}.";
    answer_disputed: "Nee: er zijn twee verschillende antwoorden. Vraag het opnieuw.",
        "No: there are two different answers. Ask again.";

    // The tablet in a resident's hands
    give_tablet: "Geef de tablet aan de bewoner", "Give the tablet to the resident";
    give_tablet_hint: "De bewoner ziet dan alleen de vragen, in de taal hieronder. Met uw code komt u terug.",
        "The resident then sees the questions alone, in the language below. Your code brings you back.";
    for_worker: "Voor de medewerker", "For the worker";
    return_title: "Terug naar Koffiekar", "Back to Koffiekar";
    return_code_hint: "Toets uw vier cijfers in.", "Enter your four digits.";
    return_by_password: "Code vergeten? Gebruik uw wachtwoord", "Forgot the code? Use your password";
    return_password_hint: "Het wachtwoord waarmee u deze tablet ontgrendelt.", "The password that you unlock this tablet with.";
    return_deed: "Ga terug", "Go back";
    return_back: "Naar de vragen voor de bewoner", "To the questions for the resident";
    code_title: "Code om terug te komen", "Code to come back";
    code_hint: "Vier cijfers waarmee u terugkomt nadat een bewoner de tablet had. Ze openen verder niets.",
        "Four digits that bring you back after a resident had the tablet. They open nothing else.";
    code_choose: "Kies een code", "Choose a code";
    code_other: "Kies een andere code", "Choose another code";
    code_choose_text: "Kies vier cijfers die u onthoudt en die een ander niet raadt. Daarmee komt u terug nadat een bewoner de tablet had. Uw wachtwoord werkt ook.",
        "Choose four digits that you remember and nobody guesses. They bring you back after a resident had the tablet. Your password works too.";
    code_keep: "Deze code gebruiken", "Use this code";
    code_short: "Een code heeft {} cijfers. Toets ze in.", "A code has {} digits. Enter them.";
    code_easy: "Deze code raadt iedereen. Kies andere cijfers.", "Everybody guesses this code. Choose other digits.";
    code_wrong: "Deze code klopt niet. Probeer het opnieuw.", "This code is not right. Try again.";
    code_wrong_often: "Vijf keer verkeerd. Gebruik nu uw wachtwoord.", "Wrong five times. Use your password now.";
    code_typed: "{} van {} cijfers", "{} of {} digits";
    code_back: "Laatste cijfer wissen", "Erase the last digit";
    no_consent_texts: "De vragen zijn nog niet op deze tablet. Zonder antwoord telt alles als nee; vraag toestemming zodra de vragen er zijn.",
        "The questions are not on this tablet yet. Without an answer everything counts as no; ask for consent once they are here.";
    done: "Klaar", "Done";
    draft_saving: "Bewaren…", "Keeping…";
    draft_saved: "Concept bewaard op deze tablet", "Draft kept on this tablet";
    draft_quiet: "Wordt vanzelf bewaard", "Is kept by itself";
    draft_failed: "Niet bewaard", "Not kept";
    delete_draft: "Concept wissen", "Delete draft";
    delete_draft_title: "Dit concept wissen?", "Delete this draft?";
    delete_draft_text: "De woorden zijn daarna nergens meer.", "The words will be nowhere after this.";
    delete: "Wissen", "Delete";
    keep: "Houden", "Keep";
    nothing_said: "Er staat nog niets. Schrijf een citaat of een notitie op.", "There is nothing yet. Write down a quote or a note.";
    too_long: "{} [teken|tekens] te veel. Maak er twee citaten van, of kort in.", "{} [character|characters] too many. Make it two quotes, or shorten it.";
    null_at: "Teken {} kan niet worden bewaard. Het is onzichtbaar; meestal komt het mee bij plakken.",
        "Character {} cannot be kept. It is invisible, and mostly comes in by pasting.";
    null_behind: "Teken {} kan niet worden bewaard. Het staat direct achter: {}",
        "Character {} cannot be kept. It stands right behind: {}";
    remove_null: "Haal dat teken weg", "Remove that character";
    null_summary: "In een tekst staat een teken dat niet bewaard kan worden. Kijk bij de rode rand.",
        "A text holds a character that cannot be kept. Look for the red edge.";
    too_long_summary: "Een tekst is te lang. Kijk bij de rode rand.", "A text is too long. Look for the red edge.";
    too_many_quotes: "Een gesprek heeft ten hoogste {} citaten. Begin een nieuw gesprek voor de rest.",
        "A conversation has at most {} quotes. Begin a new conversation for the rest.";
    unanswered_title: "Deze vragen hebben geen antwoord", "These questions have no answer";
    unanswered_text: "Zonder antwoord wordt er niets vastgelegd, en telt het als nee. U kunt het later nog vragen.",
        "Without an answer nothing is recorded, and it counts as no. You can still ask later.";
    to_questions: "Terug naar de vragen", "Back to the questions";
    done_anyway: "Klaar zonder deze antwoorden", "Done without these answers";
    saved_here: "Opgeslagen op deze tablet.", "Saved on this tablet.";
    not_saved: "Dit is niet bewaard: {} Uw woorden staan nog op het scherm.", "This was not kept: {} Your words are still on the screen.";
    locked_reason: "de tablet is vergrendeld.", "the tablet is locked.";
    store_reason: "de opslag is vol of werkt niet.", "the storage is full or does not work.";
    e_not_here: "dit gesprek staat niet meer op deze tablet.", "this conversation is no longer on this tablet.";
    e_no_quote: "dit citaat staat niet meer in het gesprek.", "this quote is no longer in the conversation.";
    e_quote_length: "een citaat heeft 1 tot {} tekens.", "a quote has 1 to {} characters.";
    e_notes_length: "een notitie heeft ten hoogste {} tekens.", "a note has at most {} characters.";
    e_at_once: "dit is te veel in één keer. Maak er twee gesprekken van.", "this is too much at once. Make it two conversations.";
    e_edited: "dit gesprek is al heel vaak gewijzigd en kan er niets meer bij hebben. Maak een nieuw gesprek.",
        "this conversation was changed very often already and can take no more. Make a new conversation.";
    e_null: "er staat een teken in dat niet bewaard kan worden. Typ de tekst opnieuw.",
        "it holds a character that cannot be kept. Type the text anew.";
    e_quotes: "een gesprek heeft ten hoogste {} citaten.", "a conversation has at most {} quotes.";
    e_long: "een taal, een buurt of een tijd is niet wat die mag zijn.", "a language, an area or a time is not what it may be.";
    e_changed: "het gesprek is intussen veranderd. Neem over wat u typte, sluit de wijziging en begin opnieuw.",
        "the conversation has changed meanwhile. Copy what you typed, close the change and begin again.";
    e_unreadable: "dit gesprek kan niet worden gelezen. Vraag uw beheerder.", "this conversation cannot be read. Ask your administrator.";
    answer_reason: "het antwoord van de server past hier niet.", "the server's answer does not fit here.";
    gone_draft: "Dit concept is er niet meer. Misschien is het al klaar.", "This draft is no longer here. It may be finished.";

    // A conversation
    conversation: "Gesprek", "Conversation";
    back: "Terug", "Back";
    gone: "Dit gesprek staat niet op deze tablet.", "This conversation is not on this tablet.";
    correct: "Verbeteren", "Correct";
    correct_hint: "Verbeter alleen wat verkeerd is opgeschreven.", "Correct only what was written down wrongly.";
    save: "Bewaren", "Save";
    cancel: "Niet wijzigen", "Leave as it was";
    cancel_text: "Wat u hier typte, wordt gewist.", "What you typed here will be erased.";
    edit_notes: "Notitie wijzigen", "Edit note";
    no_notes: "Geen notitie.", "No note.";
    add_quote: "Nog een citaat", "Another quote";
    remove_title: "Dit citaat weghalen?", "Remove this quote?";
    remove_text: "Alleen als het zo niet gezegd is. Het blijft in de geschiedenis van het gesprek staan.",
        "Only if it was not said. It stays in the history of the conversation.";
    remove: "Weghalen", "Remove";
    conflict_title: "Twee mensen schreven dit verschillend op", "Two people wrote this down differently";
    conflict_text: "Kies de lezing die klopt met wat de bewoner zei.", "Choose the wording that matches what the resident said.";
    this_wording: "Deze lezing klopt", "This wording is right";
    recorded: "Opgetekend", "Recorded";
    by_you: "door u", "by you";
    by_colleague: "door een collega", "by a colleague";
    about: "Waar en welke taal", "Where and which language";
    conversation_number: "Nummer van dit gesprek: {}", "Number of this conversation: {}";
    answer_yes: "Ja", "Yes";
    answer_no: "Nee", "No";
    answer_none: "Niet gevraagd (telt als nee)", "Not asked (counts as no)";
    ask_again: "Toestemming opnieuw vragen", "Ask for consent again";
    ask_first: "Toestemming vragen", "Ask for consent";
    save_answers: "Antwoorden bewaren", "Save answers";
    saved: "Bewaard op deze tablet.", "Saved on this tablet.";
    stored_at: "Veilig opgeslagen op de server, {}.", "Safely stored on the server, {}.";
    waiting_text: "Alleen op deze tablet. Het gaat vanzelf naar de server zodra er verbinding is.",
        "Only on this tablet. It goes to the server by itself once there is a connection.";
    undecided_text: "Verzegeld bewaard op de server. Een beheerder beslist of het erbij komt.",
        "Kept sealed on the server. An administrator decides whether it joins the rest.";
    undecided_do: "U hoeft niets te doen. Uw woorden staan ook nog op deze tablet.",
        "You need not do anything. Your words are still on this tablet too.";
    refused_text: "De server heeft dit geweigerd. Het blijft op deze tablet staan.",
        "The server refused this. It stays on this tablet.";
    why: "Waarom", "Why";
    what_to_do: "Wat u kunt doen", "What you can do";
    for_helper: "Voor wie u helpt (in het Engels)", "For whoever helps you";
    administrator_wrote: "De beheerder schreef", "The administrator wrote";

    // This tablet
    tablet: "Deze tablet", "This tablet";
    sync_now: "Nu synchroniseren", "Sync now";
    lock: "Vergrendel", "Lock";
    lock_hint: "Uw gesprekken blijven op de tablet, op slot.", "Your conversations stay on the tablet, locked.";
    who: "Wie", "Who";
    device: "Tablet", "Tablet";
    waiting: "Wacht op de server", "Waiting for the server";
    refused: "Geweigerd", "Refused";
    held: "Gesprekken op deze tablet", "Conversations on this tablet";
    unfinished: "Niet af", "Not finished";
    last_contact: "Laatste contact", "Last contact";
    never: "nog niet", "not yet";
    last_attempt: "Laatste poging", "Last attempt";
    went_well: "gelukt", "went well";
    storage: "Opslag", "Storage";
    storage_kept: "De browser bewaart alles tot u het wist.", "The browser keeps everything until you erase it.";
    storage_not_kept: "De browser mag bij ruimtegebrek wissen. Zet Koffiekar op het beginscherm om dat te voorkomen.",
        "The browser may erase when room is short. Put Koffiekar on the home screen to prevent that.";
    storage_used: "{} MB gebruikt.", "{} MB used.";
    storage_left: "{} MB gebruikt, nog {} MB vrij.", "{} MB used, {} MB left.";
    room_low: "De opslag is bijna vol", "The storage is almost full";
    room_low_text: "Er is nog {} MB vrij op deze tablet. Verwijder foto's of apps die u niet nodig hebt. Wat in Koffiekar staat, blijft staan.",
        "{} MB is left on this tablet. Remove photos or apps that you do not need. What is in Koffiekar stays.";
    room_very_low: "De opslag is zo goed als vol", "The storage is as good as full";
    room_very_low_text: "Straks kan Koffiekar niets meer bewaren. Verwijder nu foto's of apps, en stuur in wat nog op deze tablet staat. Geen verbinding? Maak dan een reddingsbestand.",
        "Soon Koffiekar can keep nothing more. Remove photos or apps now, and send what is still on this tablet. No connection? Then make a rescue file.";
    evictable: "De browser mag dit wissen", "The browser may erase this";
    evictable_text: "Raakt deze tablet vol, dan mag de browser ook gesprekken wissen die nog niet verstuurd zijn. Dat voorkomt u door Koffiekar op het beginscherm te zetten: kies in het menu van de browser App installeren of Toevoegen aan beginscherm.",
        "When this tablet runs full, the browser may also erase conversations that were not sent. Prevent that by putting Koffiekar on the home screen: choose Install app or Add to home screen in the browser's menu.";
    install: "Zet op het beginscherm", "Put on the home screen";
    understood: "Begrepen", "Understood";
    to_tablet: "Naar Deze tablet", "To This tablet";
    clock: "Klok", "Clock";
    clock_good: "liep bij het laatste contact gelijk met de server", "agreed with the server at the last contact";
    clock_never: "nog niet vergeleken met de server. Tot dan staat bij elk gesprek: tijd niet zeker.",
        "not compared with the server yet. Until then each conversation says: time not sure.";
    clock_doubtful: "niet zeker. De klok van deze tablet is verzet of lang niet vergeleken. Bij nieuwe gesprekken komt te staan: {}, tijd niet zeker. Zet de klok goed en maak verbinding.",
        "not sure. This tablet's clock was changed, or not compared for long. New conversations say: {}, time not sure. Set the clock right and connect.";
    clock_behind: "liep bij het laatste contact {} achter. Nieuwe gesprekken krijgen de tijd van de server. Zet de klok goed.",
        "was {} behind at the last contact. New conversations get the server's time. Set the clock right.";
    clock_ahead: "liep bij het laatste contact {} voor. Nieuwe gesprekken krijgen de tijd van de server. Zet de klok goed.",
        "was {} ahead at the last contact. New conversations get the server's time. Set the clock right.";
    clock_doubt_form: "Deze tablet weet niet zeker hoe laat het is. Bij dit gesprek komt te staan: {}, tijd niet zeker. Zet de klok goed en maak verbinding zodra dat kan.",
        "This tablet is not sure what time it is. This conversation will say: {}, time not sure. Set the clock right and connect as soon as you can.";
    time_doubtful: "tijd niet zeker", "time not sure";
    recorded_doubtful: "Opgetekend {}. Tijd niet zeker: {} volgens de tablet.", "Recorded {}. Time not sure: {} by the tablet.";
    recorded_doubtful_received: "Opgetekend {}. Tijd niet zeker: op de server sinds {}.", "Recorded {}. Time not sure: on the server since {}.";
    minute_one: "1 minuut", "1 minute";
    minute_many: "{} minuten", "{} minutes";
    hour_one: "1 uur", "1 hour";
    hour_many: "{} uur", "{} hours";
    day_one: "1 dag", "1 day";
    day_many: "{} dagen", "{} days";
    month_one: "1 maand", "1 month";
    month_many: "{} maanden", "{} months";
    year_one: "1 jaar", "1 year";
    year_many: "{} jaar", "{} years";
    sign_in_again_title: "Meld deze tablet opnieuw aan", "Sign this tablet in again";
    sign_in_again_text: "De server kent deze tablet niet meer. Uw gesprekken staan veilig op slot op deze tablet. Meld u opnieuw aan, dan gaat alles weer vanzelf.",
        "The server does not know this tablet any more. Your conversations are locked safely on this tablet. Sign in again, and everything goes by itself again.";
    revoked_title: "De toegang van deze tablet is beëindigd", "This tablet's access was ended";
    revoked_text: "Wat u nog instuurt, bewaart de server verzegeld tot een beheerder beslist. Gaat u met deze tablet verder? Meld u dan opnieuw aan. Lukt dat niet, vraag uw beheerder.",
        "What you still send, the server keeps sealed until an administrator decides. Do you go on with this tablet? Then sign in again. If that fails, ask your administrator.";
    sign_in_again: "Opnieuw aanmelden", "Sign in again";
    unreadable_title: "Niet te lezen", "Unreadable";
    unreadable_one: "1 stuk op deze tablet gaat niet open. Er is niets gewist. Vraag uw beheerder.",
        "1 piece on this tablet does not open. Nothing was erased. Ask your administrator.";
    unreadable_many: "{} stukken op deze tablet gaan niet open. Er is niets gewist. Vraag uw beheerder.",
        "{} pieces on this tablet do not open. Nothing was erased. Ask your administrator.";
    disk_failed: "Het antwoord van de server kon niet op deze tablet worden bewaard.",
        "The server's answer could not be kept on this tablet.";
    undecided_label: "Bij de beheerder", "With the administrator";
    export_title: "Reddingsbestand", "Rescue file";
    export_text: "Lukt versturen lang niet, of gaat de tablet stuk? Zet dan alles wat nog niet bij het kantoor is in één bestand. Alleen het kantoor kan het openen. Het werkt ook zonder verbinding, en er wordt niets gewist.",
        "Does sending fail for long, or is the tablet about to break? Then put everything that the office does not have in one file. The office alone can open it. It works without a connection too, and nothing is erased.";
    export_drafts: "{}: dat komt niet in het bestand. Tik eerst op Klaar of Bewaren.",
        "{}: that is not in the file. Tap Done or Save first.";
    export: "Maak een reddingsbestand ({})", "Make a rescue file ({})";
    conversation_one: "1 gesprek", "1 conversation";
    conversation_many: "{} gesprekken", "{} conversations";
    export_nothing: "Elk gesprek dat klaar is, is al bij het kantoor.",
        "The office has every finished conversation already.";
    export_too_early: "Dit kan pas na het eerste contact met de server.",
        "This is possible only after the first contact with the server.";
    exported: "Reddingsbestand gemaakt met {}", "Rescue file made with {}";
    exported_text: "Kijk bij Downloads of het er staat en geef het aan uw beheerder. Op deze tablet is niets gewist.",
        "Look in Downloads whether it is there, and give it to your administrator. Nothing was erased on this tablet.";
    export_left_out: "{} [gesprek paste|gesprekken pasten] niet in het bestand. [Dat staat|Die staan] alleen op deze tablet.",
        "{} [conversation|conversations] did not fit in the file. [That is|Those are] on this tablet alone.";
    export_failed: "Het bestand kon niet worden gemaakt. Er is niets gewist. Probeer het opnieuw.",
        "The file could not be made. Nothing was erased. Try again.";
    to_office: "Naar de redactie", "To the office";

    // Refusals: why, and what to do
    r_unreadable: "De server kon het gesprek niet lezen.", "The server could not read the conversation.";
    r_unreadable_do: "Probeer het later opnieuw met Nu synchroniseren. Blijft het zo, toon dit dan aan uw beheerder.",
        "Try again later with Sync now. If it stays, show this to your administrator.";
    r_too_large: "Het gesprek is te groot.", "The conversation is too large.";
    r_too_large_do: "Kort de notitie of een citaat in, of maak er twee gesprekken van.",
        "Shorten the note or a quote, or make it two conversations.";
    r_not_allowed: "U mag deze wijziging niet maken.", "You may not make this change.";
    r_revoked: "De toegang van deze tablet is beëindigd.", "This tablet's access was ended.";
    r_foreign: "U bent geen lid (meer) van deze ronde.", "You are not (any more) a member of this round.";
    r_closed: "De ronde is gesloten.", "The round is closed.";
    r_other: "Dit gesprek hoort volgens de server bij een andere ronde.", "The server has this conversation in another round.";
    r_turned_down: "Een beheerder heeft dit bekeken en niet aangenomen.", "An administrator looked at this and did not accept it.";
    r_ask_do: "Vraag uw beheerder. Uw woorden blijven op deze tablet staan.",
        "Ask your administrator. Your words stay on this tablet.";
    r_again: "De server kon dit nu niet aannemen.", "The server could not take this now.";
    r_again_do: "Tik op Nu synchroniseren. Helpt dat niet, vraag dan uw beheerder.",
        "Tap Sync now. If that does not help, ask your administrator.";
    r_full: "Er wacht al zo veel van deze tablet op een beheerder dat er niets meer bij kan.",
        "So much from this tablet already waits for an administrator that no more is taken.";
    r_full_do: "Vraag uw beheerder om daarover te beslissen, en tik daarna op Nu synchroniseren.",
        "Ask your administrator to decide about that, then tap Sync now.";
    r_replay: "Dit gesprek is intussen veranderd, en uw wijziging past er niet meer op.",
        "This conversation has changed meanwhile, and your change no longer fits.";

    // Purposes, as the worker reads them
    p_analysis: "Tellen en leren", "Counting and learning";
    p_anonymous: "Publiceren zonder naam", "Publishing without name";
    p_named: "Publiceren met naam", "Publishing with name";
    p_contact: "Later contact", "Contact later";
}

impl Words {
    pub(crate) fn language_name(&self, code: &str) -> String {
        match code {
            "nl" => self.lang_nl.to_owned(),
            "tr" => self.lang_tr.to_owned(),
            "ar" => self.lang_ar.to_owned(),
            "ber" => self.lang_ber.to_owned(),
            "en" => self.lang_en.to_owned(),
            "und" => self.lang_other.to_owned(),
            other => other.to_owned(),
        }
    }

    pub(crate) fn purpose(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Analysis => self.p_analysis,
            Purpose::AnonymousPublication => self.p_anonymous,
            Purpose::NamedPublication => self.p_named,
            Purpose::FollowUpContact => self.p_contact,
        }
    }

    /// Why the server refused, and what can be done about it.
    pub(crate) fn reason(&self, code: ReasonCode) -> (&'static str, &'static str) {
        match code {
            ReasonCode::Unreadable | ReasonCode::NotAConversation => {
                (self.r_unreadable, self.r_unreadable_do)
            }
            ReasonCode::TooLarge => (self.r_too_large, self.r_too_large_do),
            ReasonCode::NotAllowed => (self.r_not_allowed, self.r_ask_do),
            ReasonCode::DeviceRevoked => (self.r_revoked, self.r_ask_do),
            ReasonCode::ForeignRound => (self.r_foreign, self.r_ask_do),
            ReasonCode::ClosedRound => (self.r_closed, self.r_ask_do),
            ReasonCode::OtherRound => (self.r_other, self.r_ask_do),
            ReasonCode::TurnedDown => (self.r_turned_down, self.r_ask_do),
            ReasonCode::TryAgain => (self.r_again, self.r_again_do),
            ReasonCode::QuarantineFull => (self.r_full, self.r_full_do),
            ReasonCode::CannotReplay => (self.r_replay, self.r_ask_do),
        }
    }
}
