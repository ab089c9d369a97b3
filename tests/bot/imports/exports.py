"""Twelve exports as real products write them; the source of each column set is named beside it.

All names and amounts are made up.
"""

from __future__ import annotations

from datetime import date

from tests.bot.imports.workbooks import ods, xls, xlsx


def xero_invoices() -> tuple[str, bytes]:
    """Xero, Business > Invoices > Export: a row for each line of an invoice; English, day first.

    Columns: https://docs.milientsoftware.com/help/moment-by-topic/integrations/file-exports/file-export-accounting-system/xero
    """
    text = """ContactName,EmailAddress,POAddressLine1,POAddressLine2,POCity,PORegion,POPostalCode,POCountry,InvoiceNumber,Reference,InvoiceDate,DueDate,PlannedDate,Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,Description,Quantity,UnitAmount,Discount,LineAmount,AccountCode,TaxType,TaxAmount,TrackingName1,TrackingOption1,Currency,Type,Sent,Status
Ridgeway University,accounts@ridgeway.example,1 College Way,Block C,Oaktown,,OK12 3TN,United Kingdom,INV-0010,P/O 9711,03/02/2026,05/03/2026,,6187.50,687.50,0.00,6187.50,,Project work,10,500.00,,5000.00,200,20% (VAT on Income),500.00,Region,North,GBP,Sales invoice,Sent,Awaiting Payment
Ridgeway University,accounts@ridgeway.example,1 College Way,Block C,Oaktown,,OK12 3TN,United Kingdom,INV-0010,P/O 9711,03/02/2026,05/03/2026,,6187.50,687.50,0.00,6187.50,,Travel,1,500.00,,500.00,200,20% (VAT on Income),187.50,Region,North,GBP,Sales invoice,Sent,Awaiting Payment
City Limousines,,,,,,,,INV-0011,,25/01/2026,24/02/2026,10/03/2026,250.00,41.67,100.00,150.00,,Retainer,1,208.33,,208.33,200,20% (VAT on Income),41.67,,,GBP,Sales invoice,Sent,Awaiting Payment
City Limousines,,,,,,,,INV-0012,,26/01/2026,25/02/2026,,99.00,0.00,99.00,0.00,,Parking,1,99.00,,99.00,200,No VAT,0.00,,,GBP,Sales invoice,Sent,Paid
City Limousines,,,,,,,,CN-0003,,26/01/2026,26/01/2026,,40.00,0.00,0.00,40.00,,Goodwill,1,40.00,,40.00,200,No VAT,0.00,,,GBP,Sales credit note,,Awaiting Payment
Bank West,,,,,,,,INV-0013,,26/01/2026,25/02/2026,,10.00,0.00,0.00,10.00,,Later,1,10.00,,10.00,200,No VAT,0.00,,,GBP,Sales invoice,,Draft
"""
    return "xero.csv", text.encode()


def xero_aged_receivables() -> tuple[str, bytes]:
    """Xero, Aged Receivables Detail as XLSX: titles, a row that names the customer, invoices by age, a total below.

    Layout: Xero Central, "Aged Receivables Detail report"; the rows as the report's Export > Excel writes them.
    """
    header = ["Invoice Date", "Due Date", "Invoice Number", "Invoice Reference"]
    header += ["Current", "< 1 Month", "1 Month", "2 Months", "3 Months", "Older", "Total"]
    d = date
    rows = [
        ["Aged Receivables Detail"],
        ["Demo Company (UK)"],
        ["As at 31 March 2026"],
        ["Currency: GBP"],
        [],
        header,
        [],
        ["Basket Case"],
        [d(2026, 1, 3), d(2026, 1, 17), "INV-0001", "Monthly", 0, 0, 0, 914.55, 0, 0, 914.55],
        [d(2026, 3, 10), d(2026, 4, 9), "INV-0002", "", 120.5, 0, 0, 0, 0, 0, 120.5],
        ["Total Basket Case", "", "", "", 120.5, 0, 0, 914.55, 0, 0, 1035.05],
        [],
        ["Total Coffee Ltd"],
        [d(2025, 11, 2), d(2025, 12, 2), "INV-0003", "", 0, 0, 0, 0, 75, 0, 75],
        [d(2026, 2, 2), d(2026, 2, 2), "CN-0001", "", 0, -20, 0, 0, 0, 0, -20],
        ["Total Total Coffee Ltd", "", "", "", 0, -20, 0, 0, 75, 0, 55],
        [],
        ["Total", "", "", "", 120.5, -20, 0, 914.55, 75, 0, 1090.05],
        ["Percentage of total", "", "", "", 0.1, 0, 0, 0.8, 0.1, 0, 1],
    ]
    return "Aged_Receivables_Detail.xlsx", xlsx({"Aged Receivables Detail": rows})


def quickbooks_aging_detail() -> tuple[str, bytes]:
    """QuickBooks Online, A/R Aging Detail as CSV: headings by age between the rows, month first, dollar signs.

    Columns: QuickBooks Help, "Run an accounts receivable aging report", of the sample company's export.
    """
    text = """Craig's Design and Landscaping Services,,,,,,,
A/R Aging Detail Report,,,,,,,
"As of March 31, 2026",,,,,,,
,,,,,,,
Date,Transaction type,Num,Customer full name,Location full name,Due date,Amount,Open balance
91 or more days past due,,,,,,,
11/24/2025,Invoice,1004,Cool Cars,,12/24/2025,"$2,369.52","$2,369.52"
Total for 91 or more days past due,,,,,,"$2,369.52","$2,369.52"
1 - 30 days past due,,,,,,,
02/10/2026,Invoice,1019,Freeman Sporting Goods:0969 Ocean View Road,,03/12/2026,$477.50,$81.00
02/12/2026,Payment,,Cool Cars,,02/12/2026,-$100.00,-$50.00
Total for 1 - 30 days past due,,,,,,$377.50,$31.00
CURRENT,,,,,,,
03/02/2026,Invoice,1022,Jeff's Jalopies,,04/01/2026,$81.00,$81.00
Total for CURRENT,,,,,,$81.00,$81.00
TOTAL,,,,,,"$2,828.02","$2,481.52"
"""
    return "A_R Aging Detail Report.csv", text.encode("utf-8-sig")


def quickbooks_open_invoices() -> tuple[str, bytes]:
    """QuickBooks Online, Open Invoices as XLS: a row for each customer, then its invoices, then its total.

    Columns: QuickBooks Help, report "Open Invoices", of the sample company's export.
    """
    d = date
    rows = [
        ["Sandbox Company"],
        ["Open Invoices Report"],
        ["All Dates"],
        [],
        ["", "Date", "Transaction type", "Num", "Terms", "Due date", "Open balance"],
        ["Amy's Bird Sanctuary"],
        ["", d(2026, 2, 1), "Invoice", "1021", "Net 30", d(2026, 3, 3), 459],
        ["", d(2026, 2, 9), "Invoice", "1025", "Net 30", d(2026, 3, 11), 205.1],
        ["Total for Amy's Bird Sanctuary", "", "", "", "", "", 664.1],
        ["Bill's Windsurf Shop"],
        ["", d(2026, 1, 4), "Invoice", "1027", "Net 30", d(2026, 2, 3), 85],
        ["Total for Bill's Windsurf Shop", "", "", "", "", "", 85],
        ["TOTAL", "", "", "", "", "", 749.1],
    ]
    return "Open Invoices.xls", xls({"Open Invoices": rows})


def odoo_invoices() -> tuple[str, bytes]:
    """Odoo, Accounting > Customers > Invoices > Export to XLSX: the list's own headings.

    Columns: https://www.odoo.com/documentation/18.0/applications/essentials/export_import_data.html
    """
    d = date
    header = ["Number", "Invoice Partner Display Name", "Invoice/Bill Date", "Due Date", "Salesperson"]
    header += ["Untaxed Amount Signed", "Total Signed", "Amount Due Signed", "Currency", "Payment Status", "Status"]
    rows = [
        header,
        ["INV/2026/00001", "Azure Interior", d(2026, 1, 8), d(2026, 2, 7), "Mitchell Admin", 1000, 1210, 1210, "EUR", "Not Paid", "Posted"],
        ["INV/2026/00002", "Azure Interior", d(2026, 1, 9), d(2026, 2, 8), "Mitchell Admin", 500, 605, 205, "EUR", "Partially Paid", "Posted"],
        ["INV/2026/00003", "Deco Addict", d(2026, 1, 9), d(2026, 1, 9), "Marc Demo", 100, 121, 0, "EUR", "Paid", "Posted"],
        ["RINV/2026/00001", "Deco Addict", d(2026, 1, 9), d(2026, 1, 9), "Marc Demo", -50, -60.5, -60.5, "EUR", "Not Paid", "Posted"],
    ]  # fmt: skip
    return "account.move.xlsx", xlsx({"Sheet1": rows})


def odoo_aged_receivable() -> tuple[str, bytes]:
    """Odoo, Aged Receivable as XLSX, unfolded: partner rows carry their totals, invoices stand in the same column.

    Layout: https://www.odoo.com/documentation/18.0/applications/finance/accounting/reporting.html (Aged Receivable), and
    https://www.cybrosys.com/blog/a-complete-guide-to-the-aged-receivables-report-in-odoo-19-accounting-reports
    """
    d = date
    header = ["", "Invoice Date", "Amount Currency", "Currency", "Account"]
    header += ["At Date", "1-30", "31-60", "61-90", "91-120", "Older", "Total"]
    rows = [
        ["Aged Receivable"],
        ["As of 03/31/2026"],
        header,
        ["Aged Receivable", "", "", "", "", 100, 0, 1210, 0, 0, 0, 1310],
        ["Azure Interior", "", "", "", "", 0, 0, 1210, 0, 0, 0, 1210],
        ["INV/2026/00011", d(2026, 2, 7), "", "EUR", "121000", "", "", 1210, "", "", "", 1210],
        ["Deco Addict", "", "", "", "", 100, 0, 0, 0, 0, 0, 100],
        ["INV/2026/00012", d(2026, 3, 30), "", "EUR", "121000", 100, "", "", "", "", "", 100],
        ["Total Aged Receivable", "", "", "", "", 100, 0, 1210, 0, 0, 0, 1310],
    ]
    return "aged_receivable.xlsx", xlsx({"Aged Receivable": rows})


def sage_aged_debtors() -> tuple[str, bytes]:
    """Sage 50 (UK), Aged Debtors Analysis (Detailed) as CSV: an account's title line, then its transactions.

    Layout: http://smallbusinessblogupdate.blogspot.com/2012/06/aged-debtors-report-in-sage-line-50.html
    """
    text = """Date:,31/03/2026,,,,,,,,,,
Time:,14:02,Aged Debtors Analysis (Detailed),,,,,,,,,
,,,,,,,,,,,
No,Type,Date,Ref,Details,Balance,Future,Current,Period 1,Period 2,Period 3,Older
A/C:,ABS001,Name:,ABS Garages Ltd,Contact:,Mike Hall,Tel:,0191 254 5909,,,,
1021,SI,28/01/2026,5501,Goods,"1,200.00",0.00,0.00,0.00,"1,200.00",0.00,0.00
1044,SC,05/02/2026,77,Credit,-50.00,0.00,0.00,-50.00,0.00,0.00,0.00
,,,,Totals:,"1,150.00",0.00,0.00,-50.00,"1,200.00",0.00,0.00
A/C:,BRI001,Name:,Brian's Motors,Contact:,,Tel:,,,,,
1080,SI,14/03/2026,5522,Goods,85.10,0.00,85.10,0.00,0.00,0.00,0.00
,,,,Totals:,85.10,0.00,85.10,0.00,0.00,0.00,0.00
,,,,Grand Totals:,"1,235.10",0.00,85.10,-50.00,"1,200.00",0.00,0.00
"""
    return "aged debtors.csv", text.encode("cp1252")


def stripe_invoices() -> tuple[str, bytes]:
    """Stripe Dashboard, Invoices > Export: amounts in major units, moments in UTC; currencies without decimals too.

    Columns: https://docs.stripe.com/invoicing/dashboard/manage-invoices#export-invoices
    """
    text = """id,Amount Due,Billing,Closed,Currency,Customer,Date (UTC),Due Date (UTC),Number,Paid,Subscription,Subtotal,Total Discount Amount,Tax,Total,Amount Paid,Amount Remaining,Status,Customer Email,Customer Name
in_1A,120.00,send_invoice,FALSE,eur,cus_A,2026-02-01 10:30,2026-03-03 10:30,8F1C-0001,FALSE,,100.00,0.00,20.00,120.00,0.00,120.00,open,ap@alpha.example,Alpha SAS
in_1B,50.00,charge_automatically,TRUE,eur,cus_A,2026-02-02 00:12,,8F1C-0002,TRUE,sub_1,50.00,0.00,0.00,50.00,50.00,0.00,paid,ap@alpha.example,Alpha SAS
in_1C,9000,send_invoice,FALSE,jpy,cus_B,2026-02-03 23:59,2026-03-05 23:59,8F1C-0003,FALSE,,9000,0,0,9000,4000,5000,open,keiri@beta.example,Beta KK
in_1D,10.00,send_invoice,FALSE,eur,cus_B,2026-02-03 23:59,2026-03-05 23:59,8F1C-0004,FALSE,,10.00,0.00,0.00,10.00,0.00,10.00,void,keiri@beta.example,Beta KK
in_1E,10.00,send_invoice,FALSE,eur,cus_B,2026-02-03 23:59,,,FALSE,,10.00,0.00,0.00,10.00,0.00,10.00,draft,keiri@beta.example,Beta KK
"""
    return "invoices.csv", text.encode()


def sap_open_items() -> tuple[str, bytes]:
    """SAP FBL5N (customer line items) in German, saved as text with tabs: minus behind the number, codes for kinds.

    Fields: SAP Help, "Line Item Display"; names of BELNR, BLART, WRBTR, WAERS at https://leanx.eu/en/sap/table/bsid.html
    """
    text = """Debitoren Einzelpostenliste\t\t\t\t\t\t\t\t\t
Stichtag:\t31.03.2026\t\t\t\t\t\t\t\t
\t\t\t\t\t\t\t\t\t
Debitor\tName 1\tZuordnung\tBelegnummer\tBelegart\tBelegdatum\tNettofälligkeit\tBetrag in Belegwährung\tBelegwährung\tText
100001\tMüller Maschinenbau GmbH\t20260115\t1800000012\tRV\t15.01.2026\t14.02.2026\t12.345,67\tEUR\tWartung
100001\tMüller Maschinenbau GmbH\t20260120\t1400000007\tDZ\t20.01.2026\t20.01.2026\t2.000,00-\tEUR\tAkontozahlung
100002\tZürcher Söhne AG\t20260201\t1800000044\tRV\t01.02.2026\t03.03.2026\t987,65\tCHF\tLieferung
100002\tZürcher Söhne AG\t20260201\t1600000003\tDG\t01.02.2026\t01.02.2026\t87,65-\tCHF\tGutschrift
Summe\t\t\t\t\t\t\t13.333,32\t\t
"""
    return "fbl5n.txt", text.encode("cp1252")


def datev_open_items() -> list[tuple[str, bytes]]:
    """DATEV, OPOS list as CSV beside the master records: numbers in one file, names and addresses in the other.

    Columns: https://hilfe.c-entron.de/de/systemhaus-erp/Working-version/opos-import-uber-datev-schnittstelle and
    https://support.billwerk.com/hc/de/articles/10372739655708-Debitoren-Export
    """
    items = """Konto;Rechnungsnummer;Datum;Fälligkeit;Sollbetrag;Habenbetrag;Saldo;Gegenkonto;Buchungstext
10001;RE-2026-17;05.01.2026;04.02.2026;1.190,00;190,00;1.000,00;8400;Lieferung
10002;RE-2026-18;17.01.2026;16.02.2026;59,50;0,00;59,50;8400;Ersatzteile
"""
    people = """Konto;Name (Adressattyp Unternehmen);Straße;Postleitzahl;Ort;Land;Telefon;E-Mail
10001;Bäckerei Schäfer KG;Hauptstraße 3;50667;Köln;Deutschland;0221 1234;buchhaltung@schaefer.example
10002;Österreich-Handel GmbH;Ring 1;1010;Wien;Österreich;;rechnung@handel.example
"""
    return [("opos.csv", items.encode("cp1252")), ("stammdaten.csv", people.encode("cp1252"))]


def sage_100_echeancier() -> tuple[str, bytes]:
    """Sage 100 (French), échéancier clients: comma for decimals, spaces in thousands, a total a customer.

    Columns: Sage 100 Comptabilité, état "Échéancier" of the third parties (Tiers), in the words of its screen.
    """
    text = """Société Démo;;;;;;;;
Échéancier clients au 31/03/2026;;;;;;;;
Devise : EUR;;;;;;;;
N° compte tiers;Intitulé du compte;N° pièce;Date facture;Date d'échéance;Montant TTC;Reste à payer;Litige;Promesse de paiement
CARAT;Carat S.à.r.l;FA00012;16/01/2026;15/02/2026;"4 250,40 €";"4 250,40 €";;
CARAT;Carat S.à.r.l;FA00015;20/01/2026;19/02/2026;"1 200,00 €";"300,00 €";Retour de colis;
;Sous-total CARAT;;;;"5 450,40 €";"4 550,40 €";;
BAGUE;Bagues & Cie;FA00018;28/01/2026;27/02/2026;"75,00 €";"75,00 €";;15/04/2026
;Sous-total BAGUE;;;;"75,00 €";"75,00 €";;
;Total général;;;;"5 525,40 €";"4 625,40 €";;
"""
    return "échéancier.csv", text.replace("4 250", "4\u202f250").encode("utf-8-sig")


def holded_facturas() -> tuple[str, bytes]:
    """Holded (Spanish), Ventas > Facturas > Exportar, saved as ODS: Spanish headings, words and countries.

    Columns: Holded Academy, "Exportar el listado de documentos", in the words of the list.
    """
    d = date
    header = ["Fecha emisión", "Num", "Cliente", "Email cliente", "País", "Vencimiento", "Base imponible", "IVA"]
    header += ["Total", "Cobrado", "Pendiente", "Moneda", "Estado", "Vendedor"]
    rows = [
        ["Facturas de venta"],
        header,
        [d(2026, 1, 12), "F260001", "Muñoz e Hijos SL", "pagos@munoz.example", "España", d(2026, 2, 11), 1000, 210, 1210, 0, 1210, "Euro", "Vencida", "ana@example.com"],
        [d(2026, 1, 15), "F260002", "Lisboa Lda", "", "Portugal", d(2026, 2, 14), 200, 0, 200, 50, 150, "EUR", "Parcialmente cobrada", "ana@example.com"],
        [d(2026, 1, 20), "F260003", "Lisboa Lda", "", "Portugal", d(2026, 2, 19), 80, 0, 80, 80, 0, "EUR", "Cobrada", "ana@example.com"],
        ["", "", "Total", "", "", "", 1280, 210, 1490, 130, 1360, "", "", ""],
    ]  # fmt: skip
    return "facturas.ods", ods({"Facturas": rows})
