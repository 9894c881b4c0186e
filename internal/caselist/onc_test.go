package caselist_test

import (
	"slices"
	"strings"
	"testing"

	"housecall/internal/safety"
)

// oncList is the list of high-priority pairs with the members that it was published with: Phansalkar
// et al., JAMIA 2012;19:735-743, table 2 (as printed, INN where the table has the US name). Selegiline,
// tapentadol and the others stand for themselves; the last pair of each class is the panel's own.
var oncList = []struct{ name, objects, precipitants string }{
	{
		"amphetamine derivatives with MAO inhibitors", "dexmethylphenidate,dextroamphetamine,methylphenidate,lisdexamfetamine,methamphetamine,phendimetrazine,pseudoephedrine,amphetamine,benzphetamine,diethylpropion,phentermine,atomoxetine",
		"tranylcypromine,phenelzine,isocarboxazid,procarbazine,selegiline",
	},
	{"atazanavir with proton pump inhibitors", "atazanavir", "omeprazole,lansoprazole,pantoprazole,rabeprazole,esomeprazole,dexlansoprazole"},
	{"febuxostat with thiopurines", "febuxostat", "azathioprine,mercaptopurine"},
	{
		"serotonin reuptake inhibitors with MAO inhibitors", "fluoxetine,paroxetine,citalopram,escitalopram,sertraline,fluvoxamine,duloxetine,nefazodone,desvenlafaxine,milnacipran,venlafaxine",
		"tranylcypromine,phenelzine,isocarboxazid,procarbazine,selegiline",
	},
	{
		"irinotecan with CYP3A4 inhibitors", "irinotecan",
		"ritonavir,nelfinavir,atazanavir,indinavir,saquinavir,amprenavir,darunavir,lopinavir,tipranavir,fosamprenavir,clarithromycin,erythromycin,telithromycin,amiodarone,verapamil,ketoconazole,itraconazole,fluconazole,voriconazole,nefazodone,aprepitant,cimetidine",
	},
	{"narcotic analgesics with MAO inhibitors", "meperidine,methadone,tapentadol,fentanyl,tramadol,dextromethorphan", "tranylcypromine,phenelzine,isocarboxazid,procarbazine,selegiline"},
	{
		"tricyclic antidepressants with MAO inhibitors", "amitriptyline,imipramine,nortriptyline,clomipramine,doxepin,desipramine,trimipramine,protriptyline,amoxapine",
		"tranylcypromine,phenelzine,isocarboxazid,procarbazine,selegiline",
	},
	{
		"QT prolonging agents together", "amiodarone,sotalol,quinidine,dofetilide,disopyramide,procainamide,haloperidol,chlorpromazine,pimozide,thioridazine,ziprasidone,methadone,chloroquine,cisapride,clarithromycin,erythromycin,moxifloxacin,domperidone,citalopram",
		"amiodarone,sotalol,quinidine,dofetilide,disopyramide,procainamide,haloperidol,chlorpromazine,pimozide,thioridazine,ziprasidone,methadone,chloroquine,cisapride,clarithromycin,erythromycin,moxifloxacin,domperidone,citalopram",
	},
	{"ramelteon with CYP1A2 inhibitors", "ramelteon", "fluvoxamine,amiodarone,ticlopidine,ciprofloxacin"},
	{
		"strong CYP3A4 inducers with protease inhibitors", "bosentan,rifapentine,carbamazepine,rifabutin,rifampin,st john's wort",
		"ritonavir,nelfinavir,atazanavir,indinavir,saquinavir,amprenavir,darunavir,lopinavir,tipranavir",
	},
	{
		"simvastatin and lovastatin with CYP3A4 and protease inhibitors", "simvastatin,lovastatin",
		"indinavir,saquinavir,tipranavir,ritonavir,nelfinavir,atazanavir,amprenavir,darunavir,lopinavir,clarithromycin,erythromycin,telithromycin,amiodarone,verapamil,diltiazem,ketoconazole,itraconazole,fluconazole,voriconazole,nefazodone",
	},
	{
		"CYP3A4 and protease inhibitors with ergot alkaloids", "indinavir,saquinavir,tipranavir,ritonavir,nelfinavir,atazanavir,amprenavir,darunavir,lopinavir,clarithromycin,erythromycin,telithromycin,ketoconazole,itraconazole,voriconazole",
		"ergotamine,methylergonovine,dihydroergotamine,ergonovine",
	},
	{"tizanidine with CYP1A2 inhibitors", "tizanidine", "ciprofloxacin,fluvoxamine,mexiletine,propafenone,zileuton,amiodarone,ticlopidine"},
	{"tranylcypromine with procarbazine", "tranylcypromine", "procarbazine"},
	{"triptans with MAO inhibitors", "sumatriptan,zolmitriptan,rizatriptan", "tranylcypromine,phenelzine,isocarboxazid,moclobemide,methylene blue"},
}

func TestEveryPairOfThePublishedHighPriorityListIsFoundBothWays(t *testing.T) {
	t.Parallel()
	l := lister(t)
	pairs := 0

	for _, class := range oncList {
		for _, a := range strings.Split(class.objects, ",") {
			for _, b := range strings.Split(class.precipitants, ",") {
				if a == b {
					continue
				}
				pairs++
				for _, way := range [][2]string{{a, b}, {b, a}} {
					got := ask(t, l, object{
						"id": "onc", "date": "2026-11-22", "patient": object{"age": "45 y", "sex": "m", "egfr": 95, "allergies": []any{}, "conditions": []any{}},
						"present": []any{object{"inn": way[0]}}, "new": object{"inn": way[1]},
					})
					if !slices.ContainsFunc(got.Findings, func(f safety.Finding) bool {
						return f.Kind == safety.KindInteraction && f.Severity != safety.Info && len(f.Drugs) == 2
					}) {
						t.Errorf("%s: %s taken, %s new: %s", class.name, way[0], way[1], got.Outcome)
					}
				}
			}
		}
	}
	t.Logf("%d pairs, each both ways", pairs)
}
